"""The verdicts as lines for a terminal: each invariant, and the story behind each breach."""

from collections.abc import Iterator, Sequence

from cli.history.check import Judgement
from cli.history.judging.findings import INVARIANTS, Finding, Verdict
from cli.history.timeline import last_of, timeline

TOLD_IN_FULL = 5
"""So many breaches of an invariant are shown with their timelines; the others are counted."""


def report(judged: Judgement, *, opened: bool = False) -> list[str]:
    """Return what was judged and how it came out; texts of users only if `opened`."""
    lines = [_counted(judged), ""]
    for verdict in judged.verdicts:
        lines += _told(judged, verdict, opened=opened)
    broken = judged.broken
    total = f"broken: {', '.join(broken)} ({len(judged.findings)} breaches)" if broken else "sound"
    return [*lines, "", total]


def _counted(judged: Judgement) -> str:
    history = judged.history
    webhooks = "no" if history.webhooks is None else str(len(history.webhooks))
    return (
        f"{webhooks} webhook events, {len(judged.log.turns)} turns, {len(judged.sends.all)} sends, "
        f"{len(history.mails or ())} mails, {len(history.events)} events in "
        f"{len(judged.log.streams)} streams"
    )


def _told(judged: Judgement, verdict: Verdict, *, opened: bool) -> Iterator[str]:
    count = len(verdict.findings)
    how = f"BROKEN {count} times" if count else ("not judged" if verdict.blind else "holds")
    yield f"{verdict.invariant:<4} {INVARIANTS[verdict.invariant]:<62} {how}"
    yield from (f"       (not looked at: {each})" for each in verdict.unjudged)
    for finding in verdict.findings[:TOLD_IN_FULL]:
        yield from _story(judged, finding, opened=opened)
    if count > TOLD_IN_FULL:
        yield f"     … and {count - TOLD_IN_FULL} more"


def _story(judged: Judgement, finding: Finding, *, opened: bool) -> Iterator[str]:
    yield f"     {finding.what}"
    yield from (f"       {line}" for line in _place(finding))
    if finding.turn in judged.log.turns:
        lines: Sequence[str] = timeline(judged, finding.turn, opened=opened)
    else:
        lines = last_of(judged, finding.stream) if finding.stream else ()
    yield from (f"       {line}" for line in lines)


def _place(finding: Finding) -> Iterator[str]:
    named = [("turn", finding.turn), ("stream", finding.stream)]
    if words := " ".join(f"{what} {name}" for what, name in named if name):
        yield words
