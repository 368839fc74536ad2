"""What an input causes: always at least one fact, so that every input is visibly consumed."""

from collections.abc import Sequence

from msgspec.structs import replace

from contracts.base import Event
from services.conversation.domain.decide_data import on_erased
from services.conversation.domain.decide_late import before, on_lapse, on_tap
from services.conversation.domain.decide_limits import over_limit
from services.conversation.domain.decide_parked import on_parked
from services.conversation.domain.decide_result import on_result
from services.conversation.domain.decide_said import said_when_free
from services.conversation.domain.decide_stop import taken_back, while_working
from services.conversation.domain.facts import Decision, InputIgnored, SessionExpired
from services.conversation.domain.pending import (
    Erased,
    Idled,
    Lapsed,
    Note,
    Parked,
    Pending,
    Said,
    Unsent,
)
from services.conversation.domain.schedule import in_order, is_interrupting
from services.conversation.domain.state import Conversation, NotStarted
from services.conversation.domain.taps import is_for_result


def decide(pending: Pending, state: Conversation) -> Sequence[Event]:
    """Return the facts that an input, as `next_input` gave it, causes in a conversation."""
    return _decided(pending, state)


def turn_of(fact: Event, pending: Pending) -> str | None:
    """Return the turn that a fact belongs to: the one it names, else its input's."""
    turn: str | None = getattr(fact, "turn_id", None)
    return turn or pending.turn


def _decided(pending: Pending, state: Conversation) -> list[Decision]:
    match pending:
        case Said():
            return _on_said(pending, state)
        case Lapsed():
            return on_lapse(pending, state)
        case Erased():
            return on_erased(pending)
        case Idled():
            return _on_idled(pending, state)
        case Unsent():
            return taken_back(pending.message_id, state)
        case Parked():
            return on_parked(pending, state)
        case Note():
            return [InputIgnored(reason=pending.kind)]
        case result:
            return on_result(result, state)


def _on_said(said: Said, state: Conversation) -> list[Decision]:
    if is_for_result(said, state):
        return on_tap(said, state)
    obeyed = state.work is not None and is_interrupting(said)  # it costs nothing but our own work
    if said.over_limit is not None and not obeyed:
        return over_limit(said, said.over_limit, state)
    first, alone = before(said, state), replace(state, held=None)
    if alone.work is None:
        return [*first, *said_when_free(said, alone)]
    return [*first, *while_working(said, alone, alone.work)]


def _on_idled(idled: Idled, state: Conversation) -> list[Decision]:
    busy = state.work is not None or state.held is not None or bool(in_order(state))
    # Something may have been said after the look at the stream that found it idle.
    heard = 0 < idled.seen_version < state.heard
    if busy or heard or isinstance(state.phase, NotStarted):
        return [InputIgnored(reason="not_idle")]
    return [SessionExpired()]
