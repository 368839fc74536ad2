"""What comes next: which input is to be decided now, and what time brings about by itself."""

from datetime import datetime, timedelta

from contracts.conversation import DeadlinePassed
from services.conversation.domain.commands import Command, command_of
from services.conversation.domain.facts import TimeNoted
from services.conversation.domain.mailbox import IDLE
from services.conversation.domain.pending import Failure, Made, Pending, Said
from services.conversation.domain.state import Conversation, NotStarted, Work

LONGEST_QUEUE = 10
"""So many messages of a user wait while an answer is made; one more is turned away."""

STALE_AFTER = timedelta(seconds=10)
"""From so much lag on, the time of the inputs is too old to reckon deadlines from it."""

_INTERRUPTING = frozenset({Command.STOP, Command.NEW})


def next_input(state: Conversation) -> Pending | None:
    """Return the input to decide now; None when nothing can be decided."""
    for pending in state.mailbox:
        if not isinstance(pending, Said):
            return pending
    waiting = in_order(state)
    if state.work is None:
        return waiting[0] if waiting else None
    interrupting = next(filter(is_interrupting, waiting), None)
    if interrupting is None and len(waiting) > LONGEST_QUEUE:
        return waiting[LONGEST_QUEUE]
    return interrupting


def in_order(state: Conversation) -> list[Said]:
    """Return the messages that wait, as their user sent them."""
    waiting = [pending for pending in state.mailbox if isinstance(pending, Said)]
    return sorted(waiting, key=lambda said: said.place)


def is_interrupting(said: Said) -> bool:
    """Tell whether a message ends the work in hand."""
    return said.kind in {"text", "postback"} and command_of(said.text) in _INTERRUPTING


def is_at_rest(state: Conversation) -> bool:
    """Tell whether nothing is in hand and nothing waits: the moment for a snapshot."""
    return state.work is None and not state.mailbox


def overdue(state: Conversation, now: datetime, idle_after: timedelta) -> DeadlinePassed | None:
    """Return the deadline that has passed by `now`, to be put on record as an input."""
    at = wake_at(state, idle_after)
    if at is None or now < at:
        return None
    about = state.work.request_id if state.work else IDLE
    return DeadlinePassed(request_id=about, passed_at=now, seen_version=state.version)


def wake_at(state: Conversation, idle_after: timedelta) -> datetime | None:
    """Return when the conversation is to be looked at again if it hears nothing until then."""
    if state.work is not None:
        return None if _is_ending(state, state.work) else state.work.answer_by
    if state.mailbox or isinstance(state.phase, NotStarted):
        return None
    return state.now + idle_after


def noted_time(state: Conversation, now: datetime) -> TimeNoted | None:
    """Return the time as a fact when inputs have waited so long that theirs is too old."""
    stale = now - state.now > STALE_AFTER
    return TimeNoted(noted_at=now) if stale and next_input(state) is not None else None


def _is_ending(state: Conversation, work: Work) -> bool:
    return any(_request(pending) == work.request_id for pending in state.mailbox)


def _request(pending: Pending) -> str | None:
    return pending.request_id if isinstance(pending, Made | Failure) else None
