"""Messages that their users took back: their texts leave the state, also before they arrive."""

from msgspec.structs import replace

from contracts.answer import NO_ANSWER
from services.conversation.domain.pending import Pending, Said
from services.conversation.domain.state import (
    AwaitingAddress,
    ConfirmingAddress,
    Conversation,
    Failed,
    Held,
    Phase,
    Translating,
    Work,
)

REMEMBERED = 20
"""A redelivered message may arrive after the news that it was unsent: so many are remembered."""


def taken_back(state: Conversation, message_id: str) -> Conversation:
    """Return the state without the texts of a message."""
    unsent = (*state.unsent, message_id)[-REMEMBERED:]
    return replace(
        state,
        unsent=unsent,
        mailbox=tuple(redacted(pending, unsent) for pending in state.mailbox),
        phase=_forgetting(state.phase, message_id),
        failed=None if _is_of(state.failed, message_id) else state.failed,
        confirmed=tuple(known for known in state.confirmed if known.message_id != message_id),
        work=_silenced(state.work, unsent),
        held=_emptied(state.held, message_id),
    )


def redacted(pending: Pending, unsent: tuple[str, ...]) -> Pending:
    """Return what waits, without its text if its user took it back."""
    return _said_no_more(pending, unsent) if isinstance(pending, Said) else pending


def _said_no_more(said: Said, unsent: tuple[str, ...]) -> Said:
    if said.message_id and said.message_id in unsent:
        return replace(said, kind="unsent", text="")
    return said


def _silenced(work: Work | None, unsent: tuple[str, ...]) -> Work | None:
    return work and replace(work, said=_said_no_more(work.said, unsent))


def _emptied(held: Held | None, message_id: str) -> Held | None:
    if held is None or message_id not in {held.message_id, held.said.message_id}:
        return held
    return replace(held, answer=NO_ANSWER, said=_said_no_more(held.said, (message_id,)))


def _forgetting(phase: Phase, message_id: str) -> Phase:
    match phase:
        case Translating(last=last) if last and last.message_id == message_id:
            return Translating(phase.language)
        case ConfirmingAddress(message_id=named_in) if named_in == message_id:
            return AwaitingAddress(phase.leaflet)
        case _:
            return phase


def _is_of(failed: Failed | None, message_id: str) -> bool:
    return failed is not None and failed.message_id == message_id
