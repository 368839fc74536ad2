"""I1: every message ends in exactly one answer or apology, in the log and on the user's screen."""

from collections.abc import Iterator
from datetime import timedelta

from cli.history.judging.findings import Finding, Verdict
from cli.history.judging.log import SLOWED_DOWN, Log, Turn
from cli.history.judging.owed import is_owed_an_answer, is_to_be_recorded
from cli.history.judging.sends import Sends
from cli.history.records import NO_CALLS, NO_WEBHOOKS, History
from contracts.gateway import UnknownReceived, UserUnfollowed

QUIET_FOR = timedelta(minutes=1)
"""Who sends too much is told so once in this time."""
CLOCKS_DIFFER_BY = timedelta(seconds=5)


def exactly_one_end(history: History, log: Log, sends: Sends) -> Verdict:
    """Judge I1; without what LINE was asked to show, by what the log says was delivered."""
    found = [*_lost(history, log), *_not_once(history, log, sends)]
    lacking = [NO_WEBHOOKS] if history.webhooks is None else []
    lacking += [NO_CALLS] if history.calls is None else []
    return Verdict("I1", found, lacking)


def _lost(history: History, log: Log) -> Iterator[Finding]:
    for webhook in history.webhooks or ():
        known = log.heard.get(webhook.event_id)
        if known is None and webhook.is_acknowledged and is_to_be_recorded(webhook):
            yield Finding("I1", f"{webhook.event_id} was acknowledged and is not on record")
        elif known and known.type == UnknownReceived.NAME and is_owed_an_answer(webhook):
            what = f"{webhook.event_id} was recorded as unknown and is owed an answer"
            yield Finding("I1", what, stream=known.event.stream)


def _not_once(history: History, log: Log, sends: Sends) -> Iterator[Finding]:
    for turn in log.turns.values():
        what = _decided_wrong(turn, log)
        seen = history.calls is not None and sends.witnessed(turn.opening.event.at)
        if what is None and not seen:
            what = _settled_wrong(turn, log)
        elif what is None:
            what = _shown_wrong(turn, log, sends)
        if what is not None:
            yield Finding("I1", what, turn.id, turn.stream)


def _decided_wrong(turn: Turn, log: Log) -> str | None:
    owed = 0 if _is_excused(turn, log) else 1
    if len(turn.ends) == owed:
        return None
    if turn.ignored is not None and not turn.ends:
        return f"it was ignored ({turn.ignored.fields.reason}) and is owed an answer"
    return f"{len(turn.ends)} answers were decided, it is owed {owed}"


def _shown_wrong(turn: Turn, log: Log, sends: Sends) -> str | None:
    shown = len(sends.ends_of(turn))
    if shown == len(turn.ends) or (shown == 0 and _left(turn, log)):
        return None
    if shown > 0:
        return f"{shown} answers were shown"
    refused = [each.fields.status for each in turn.settled if each.fields.status]
    reason = f"LINE refused it ({refused[-1]})" if refused else "LINE never took it"
    return f"no answer was shown: {reason}"


def _settled_wrong(turn: Turn, log: Log) -> str | None:
    settled = [each for each in turn.settled if each.fields.final]
    if len(settled) == len(turn.ends) or _left(turn, log):
        return None
    return f"{len(turn.ends)} answers were decided, {len(settled)} were settled"


def _is_excused(turn: Turn, log: Log) -> bool:
    """Tell whether a message asks for no answer: it lent its token, or was told just now."""
    if turn.lent is not None:
        return True
    ignored, came = turn.ignored, turn.opening.fields.received_at
    if ignored is None or ignored.fields.reason != "over_limit" or came is None:
        return False
    since = (came - QUIET_FOR - CLOCKS_DIFFER_BY).timestamp()
    before = log.streams[turn.stream][: ignored.event.version]
    return any(fact.type == SLOWED_DOWN and fact.event.at > since for fact in before)


def _left(turn: Turn, log: Log) -> bool:
    """Tell whether the user blocked the bot after the message: nobody is there to be shown it."""
    after = log.streams[turn.stream][turn.opening.event.version :]
    return any(fact.type == UserUnfollowed.NAME for fact in after)
