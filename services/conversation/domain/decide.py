"""What an input causes: always at least one fact, so that every input is visibly consumed."""

from collections.abc import Sequence

from contracts.base import Event
from services.conversation.domain.decide_result import on_result
from services.conversation.domain.decide_said import said_when_free
from services.conversation.domain.decide_stop import taken_back, while_working
from services.conversation.domain.facts import Decision, InputIgnored, SessionExpired
from services.conversation.domain.pending import (
    Idled,
    Note,
    Pending,
    Said,
    Unsent,
)
from services.conversation.domain.schedule import in_order
from services.conversation.domain.state import Conversation, NotStarted


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
            if state.work is None:
                return said_when_free(pending, state)
            return while_working(pending, state, state.work)
        case Idled():
            return _on_idled(pending, state)
        case Unsent():
            return taken_back(pending.message_id, state)
        case Note():
            return [InputIgnored(reason=pending.kind)]
        case _:
            return on_result(pending, state)


def _on_idled(idled: Idled, state: Conversation) -> list[Decision]:
    busy = state.work is not None or bool(in_order(state))
    # Something may have been said after the look at the stream that found it idle.
    heard = 0 < idled.seen_version < state.heard
    if busy or heard or isinstance(state.phase, NotStarted):
        return [InputIgnored(reason="not_idle")]
    return [SessionExpired()]
