"""Ending work early: stop and new while an answer is made, messages taken back, a full queue."""

from msgspec.structs import replace

from contracts.answer import Answer
from contracts.conversation import ReplyRequested
from services.conversation.domain import wording
from services.conversation.domain.answers import guidance, guide, mode_of, released, reply
from services.conversation.domain.choices import WHILE_WORKING
from services.conversation.domain.commands import Command, command_of
from services.conversation.domain.decide_late import answered
from services.conversation.domain.facts import (
    Decision,
    MessageRedacted,
    RequestCancelled,
    StartedOver,
)
from services.conversation.domain.pending import Said
from services.conversation.domain.redaction import taken_back as without
from services.conversation.domain.schedule import in_order, is_interrupting
from services.conversation.domain.state import ChoosingMode, Conversation, Work


def while_working(said: Said, state: Conversation, work: Work) -> list[Decision]:
    """Decide on a message that can't wait for the work in hand: it ends it, or is turned away."""
    if not is_interrupting(said):
        return [_brief(said, state, Answer(main=wording.TURNED_AWAY, choices=WHILE_WORKING))]
    ended = [_cancelled(work), *_all_cancelled(said, state, work)]
    if command_of(said.text) is Command.NEW:
        return [*ended, StartedOver(), guide(said, ChoosingMode(), wording.STARTED)]
    return [*ended, guide(said, state.phase, wording.STOPPED)]


def taken_back(message_id: str, state: Conversation) -> list[Decision]:
    """Decide on the news that a message was unsent; work for it ends, its turn says so."""
    redacted = MessageRedacted(message_id=message_id)
    work, held = state.work, state.held
    phase = without(state, message_id).phase
    if work is not None and message_id in {work.said.message_id, work.message_id}:
        told = guidance(phase, wording.ended(wording.TAKEN_BACK, work.task))
        return [redacted, _cancelled(work), answered(work, told, mode=mode_of(phase))]
    if held is not None and message_id in {held.said.message_id, held.message_id}:
        told = guidance(phase, wording.TAKEN_BACK)
        return [redacted, released(replace(held, answer=told))]
    return [redacted]


def _cancelled(work: Work) -> RequestCancelled:
    return RequestCancelled(
        request_id=work.request_id, request_event=work.request_event, turn_id=work.said.id
    )


def _all_cancelled(said: Said, state: Conversation, work: Work) -> list[ReplyRequested]:
    """Answer the turn in hand and those that waited since; what was said later still waits."""
    earlier = [waiting for waiting in in_order(state) if waiting.place < said.place]
    in_hand = Answer(main=wording.ended(wording.CANCELLED, work.task))
    answer = Answer(main=wording.CANCELLED)
    waited = [_brief(turn, state, answer) for turn in earlier]
    return [answered(work, in_hand, mode=mode_of(state.phase)), *waited]


def _brief(said: Said, state: Conversation, answer: Answer) -> ReplyRequested:
    return reply(said, answer, mode=mode_of(state.phase))
