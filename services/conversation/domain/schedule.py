"""What comes next: which input is to be decided now, and what time brings about by itself."""

from datetime import datetime, timedelta
from typing import NamedTuple

from contracts.conversation import DeadlineKind, DeadlinePassed
from services.conversation.domain.commands import Command, command_of
from services.conversation.domain.facts import TimeNoted
from services.conversation.domain.mailbox import IDLE
from services.conversation.domain.pending import Failure, Made, Parked, Pending, Said
from services.conversation.domain.state import Conversation, NotStarted, Work
from services.conversation.domain.taps import is_for_result

LONGEST_QUEUE = 10
"""So many messages of a user wait while an answer is made; one more is turned away."""

STALE_AFTER = timedelta(seconds=10)
"""From so much lag on, the time of the inputs is too old to reckon deadlines from it."""

_INTERRUPTING = frozenset({Command.STOP, Command.NEW})


class _Due(NamedTuple):
    at: datetime
    request_id: str
    about: DeadlineKind


def next_input(state: Conversation) -> Pending | None:
    """Return the input to decide now; None when nothing can be decided."""
    news = [pending for pending in state.mailbox if not isinstance(pending, Said)]
    if news:
        # First of all what was given up: it may be the very input that lets nothing else pass.
        return next((each for each in news if isinstance(each, Parked)), news[0])
    waiting = in_order(state)
    wish = next((said for said in waiting if is_for_result(said, state)), None)
    if wish is not None:
        return wish
    if state.work is None:
        return waiting[0] if waiting else None
    at_once = next(filter(_cannot_wait, waiting), None)
    if at_once is None and len(waiting) > LONGEST_QUEUE:
        return waiting[LONGEST_QUEUE]
    return at_once


def in_order(state: Conversation) -> list[Said]:
    """Return the messages that wait, as their user sent them."""
    waiting = [pending for pending in state.mailbox if isinstance(pending, Said)]
    return sorted(waiting, key=lambda said: said.place)


def is_interrupting(said: Said) -> bool:
    """Tell whether a message ends the work in hand."""
    return said.kind in {"text", "postback"} and command_of(said.text) in _INTERRUPTING


def is_at_rest(state: Conversation) -> bool:
    """Tell whether nothing is in hand and nothing waits: the moment for a snapshot."""
    return state.work is None and state.held is None and not state.mailbox


def is_ending(state: Conversation, work: Work) -> bool:
    """Tell whether what ends the work in hand has come and waits to be decided."""
    return any(_request(pending) == work.request_id for pending in state.mailbox)


def overdue(state: Conversation, now: datetime, idle_after: timedelta) -> DeadlinePassed | None:
    """Return the deadline that has passed by `now`, to be put on record as an input."""
    due = _due(state, idle_after)
    if due is None or now < due.at:
        return None
    if state.work is not None and now >= state.work.answer_by:
        due = _answer_of(
            state.work
        )  # nobody looked for long: word that it takes longer is too late
    return DeadlinePassed(
        request_id=due.request_id, passed_at=now, seen_version=state.version, about=due.about
    )


def wake_at(state: Conversation, idle_after: timedelta) -> datetime | None:
    """Return when the conversation is to be looked at again if it hears nothing until then."""
    due = _due(state, idle_after)
    return due.at if due else None


def noted_time(state: Conversation, now: datetime) -> TimeNoted | None:
    """Return the time as a fact when inputs have waited so long that theirs is too old."""
    stale = now - state.now > STALE_AFTER
    return TimeNoted(noted_at=now) if stale and next_input(state) is not None else None


def _due(state: Conversation, idle_after: timedelta) -> _Due | None:
    if state.work is not None:
        return None if is_ending(state, state.work) else _at_work(state.work)
    if state.held is not None:
        return _Due(state.held.until, state.held.request_id, "tap")
    if state.mailbox or isinstance(state.phase, NotStarted):
        return None
    return _Due(state.now + idle_after, IDLE, "idle")


def _at_work(work: Work) -> _Due:
    if work.token_at is not None and work.token_at < work.answer_by:
        return _Due(work.token_at, work.request_id, "token")
    return _answer_of(work)


def _answer_of(work: Work) -> _Due:
    return _Due(work.answer_by, work.request_id, "answer")


def _cannot_wait(said: Said) -> bool:
    return said.over_limit is not None or is_interrupting(said)


def _request(pending: Pending) -> str | None:
    return pending.request_id if isinstance(pending, Made | Failure) else None
