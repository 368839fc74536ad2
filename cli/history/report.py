"""The verdicts as lines for a terminal: each invariant, and the story behind each breach."""

from collections.abc import Iterator, Sequence

from cli.history.check import Judgement
from cli.history.judging.findings import INVARIANTS, Finding, Verdict
from cli.history.timeline import last_of, timeline

TOLD_IN_FULL = 5
"""So many breaches of an invariant are shown with their timelines; the others are counted."""


def report(judged: Judgement, *, opened: bool = False) -> list[str]:
    """Return what was judged and how it came out; texts of users only if `opened`."""
    lines, stories = [_counted(judged), ""], _Stories(judged, opened=opened)
    for verdict in judged.verdicts:
        lines += _told(verdict, stories)
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


class _Stories:
    """What happened to the turns and streams of findings; each is told once."""

    def __init__(self, judged: Judgement, *, opened: bool) -> None:
        self._judged = judged
        self._opened = opened
        self._told: set[str] = set()

    def of(self, finding: Finding) -> Sequence[str]:
        """Return the story behind a finding: its turn's, or at least its stream's end."""
        name = finding.turn if finding.turn in self._judged.log.turns else finding.stream
        if not name:
            return ()
        if name in self._told:
            return ("(told above)",)
        self._told.add(name)
        if name == finding.turn:
            return timeline(self._judged, name, opened=self._opened)
        return last_of(self._judged, name)


def _told(verdict: Verdict, stories: _Stories) -> Iterator[str]:
    count = len(verdict.findings)
    how = f"BROKEN {count} times" if count else ("not judged" if verdict.blind else "holds")
    yield f"{verdict.invariant:<4} {INVARIANTS[verdict.invariant]:<62} {how}"
    yield from (f"       (not looked at: {each})" for each in verdict.unjudged)
    for finding in verdict.findings[:TOLD_IN_FULL]:
        yield f"     {finding.what}"
        yield from (f"       {line}" for line in (*_place(finding), *stories.of(finding)))
    if count > TOLD_IN_FULL:
        yield f"     … and {count - TOLD_IN_FULL} more"


def _place(finding: Finding) -> Iterator[str]:
    named = [("turn", finding.turn), ("stream", finding.stream)]
    if words := " ".join(f"{what} {name}" for what, name in named if name):
        yield words
