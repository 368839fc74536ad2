"""What nobody could handle: a turn whose request or whose own words broke something of ours."""

from contracts.conversation import ReplyRequested
from services.conversation.domain.answers import guidance, mode_of, reply
from services.conversation.domain.apologies import BROKEN
from services.conversation.domain.decide_data import on_erased
from services.conversation.domain.decide_late import before
from services.conversation.domain.decide_result import given_up
from services.conversation.domain.facts import Decision, InputAbandoned, InputIgnored
from services.conversation.domain.pending import Erased, Failure, Made, Parked, Pending, Said
from services.conversation.domain.state import Conversation


def on_parked(parked: Parked, state: Conversation) -> list[Decision]:
    """Apologise at once for what was given up; what comes after it in the stream goes on."""
    work = state.work
    if work is not None and work.request_event == parked.event_id:
        return given_up(work, state, "broken")
    stuck = next((each for each in state.mailbox if each.id == parked.event_id), None)
    if stuck is None or isinstance(stuck, Parked):
        return [InputIgnored(reason="late")]
    return [InputAbandoned(input_id=stuck.id), *_owed(stuck, state)]


def _owed(stuck: Pending, state: Conversation) -> list[Decision]:
    """Return the answers that an input would have led to, as far as anybody waits for them."""
    work = state.work
    if isinstance(stuck, Said):
        return [*before(stuck, state), _apology(stuck, state)]
    if isinstance(stuck, Erased):
        return on_erased(stuck)
    if isinstance(stuck, Made | Failure) and work and work.request_id == stuck.request_id:
        return given_up(work, state, "broken")
    return []


def _apology(said: Said, state: Conversation) -> ReplyRequested:
    answer = guidance(state.phase, BROKEN)
    return reply(said, answer, mode=mode_of(state.phase), outcome="apologised")
