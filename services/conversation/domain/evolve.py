"""How each event changes the state. The past is not up for debate: nothing here raises."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from contracts.base import CloudEvent, Event
from contracts.conversation import (
    DataErased,
    DataRequested,
    EducationRequested,
    EmailRequested,
    ReplyRequested,
    SpeechRequested,
    TranscriptionRequested,
    TranslationRequested,
    WorkStarted,
)
from services.conversation.domain import facts, late
from services.conversation.domain.addresses import same_address
from services.conversation.domain.evolve_phase import PHASES
from services.conversation.domain.mailbox import given_by
from services.conversation.domain.pending import Idled, Lapsed, Pending, Said, TranscriptMade
from services.conversation.domain.redaction import redacted, taken_back
from services.conversation.domain.results import applied, unquestioned
from services.conversation.domain.state import (
    INITIAL,
    Contact,
    Conversation,
    Failed,
    Interpret,
    MailLeaflet,
    MakeLeaflet,
    ModifyLeaflet,
    ReadAloud,
    ServeData,
    Task,
    Transcribe,
    TranslateLeaflet,
    Work,
)

CONFIRMED_ADDRESSES = 20
"""So many addresses are remembered a user, the latest ones."""

Change = Callable[[Conversation, CloudEvent[Any]], Conversation]


def evolve(state: Conversation, event: CloudEvent[Any]) -> Conversation:
    """Return the state after one more event of the stream, input or decision."""
    given = given_by(event)
    if given is not None:
        pending, time = given
        # What was before an erasure cannot be read: nothing of it may be decided upon.
        kept = _blank(state) if isinstance(event.data, DataErased) else state
        return _received(kept, event.version, pending, time)
    cause = _cause(state, event)
    phase_after = PHASES.get(type(event.data))
    if phase_after is not None:
        phase = phase_after(state.phase, event.data)
        return _decided(replace(state, phase=phase, failed=None, asks_erasure=False), event, cause)
    change = _CHANGES.get(type(event.data))
    if change is not None:
        return _decided(change(state, event), event, cause)
    return replace(state, version=event.version)


def _received(
    state: Conversation, version: int, pending: Pending, time: datetime | None
) -> Conversation:
    noted = late.lapsed(state, pending) if isinstance(pending, Lapsed) else state
    return replace(
        noted,
        version=version,
        heard=state.heard if isinstance(pending, Idled | Lapsed) else version,
        now=max(state.now, time or state.now),
        mailbox=(*state.mailbox, redacted(pending, state.unsent)),
    )


def _blank(state: Conversation) -> Conversation:
    return replace(INITIAL, version=state.version, heard=state.heard, now=state.now)


def _decided(state: Conversation, event: CloudEvent[Any], cause: Pending | None) -> Conversation:
    # Whatever a message brings about, the question before it is no longer open.
    still_asks = state.asks_erasure and not isinstance(cause, Said)
    return replace(
        state,
        version=event.version,
        mailbox=_without(state.mailbox, _consumed(event, cause)),
        asks_erasure=still_asks or isinstance(event.data, facts.ErasureAsked),
    )


def _consumed(event: CloudEvent[Any], cause: Pending | None) -> str | None:
    """Return what a fact takes out of the mailbox: its cause, but for two that come before.

    An answer that was held goes out before the message that made it go is decided, and the fact
    that an answer is held stands before the one that applies the result.
    """
    match event.data:
        case ReplyRequested(turn_id=turn) if isinstance(cause, Said):
            return turn
        case facts.AnswerHeld():
            return None
        case _:
            return event.cause


def _without(mailbox: tuple[Pending, ...], name: str | None) -> tuple[Pending, ...]:
    return tuple(pending for pending in mailbox if pending.id != name)


def _cause(state: Conversation, event: CloudEvent[Any]) -> Pending | None:
    return next((pending for pending in state.mailbox if pending.id == event.cause), None)


def _work_started(state: Conversation, event: CloudEvent[WorkStarted]) -> Conversation:
    started, work = event.data, state.work
    if work is not None and work.said.id == started.turn_id:
        # The turn goes on: so does what is known of its reply tokens.
        return replace(
            state, work=replace(work, request_id=started.request_id, task=None, request_event="")
        )
    cause = _cause(state, event)
    said = cause if isinstance(cause, Said) else _unheard(state, event)
    work = Work(
        request_id=started.request_id,
        said=said,
        answer_by=started.answer_by,
        message_id=started.message_id or said.message_id,
        token_at=late.token_time(said, state.now),
    )
    return replace(state, work=work, failed=None, phase=unquestioned(state.phase))


def _unheard(state: Conversation, event: CloudEvent[WorkStarted]) -> Said:
    # A log that lost its input must still read: what the fact itself says is enough to answer.
    return Said(
        id=event.data.turn_id,
        arrival=event.version,
        kind="text",
        sent_at=state.now,
        received_at=state.now,
        recipient=event.data.recipient,
    )


def _education_asked(state: Conversation, event: CloudEvent[EducationRequested]) -> Conversation:
    asked = event.data
    tasks: dict[str, Task] = {
        "generate": MakeLeaflet(asked.source),
        "modify": ModifyLeaflet(asked.instruction),
        "translate": TranslateLeaflet(asked.language),
    }
    return _asked(state, event.id, tasks[asked.task])


def _translation_asked(
    state: Conversation, event: CloudEvent[TranslationRequested]
) -> Conversation:
    asked = event.data
    return _asked(state, event.id, Interpret(asked.text, asked.language, spoken=asked.spoken))


def _transcription_asked(
    state: Conversation, event: CloudEvent[TranscriptionRequested]
) -> Conversation:
    return _asked(state, event.id, Transcribe(event.data.message_id, event.data.language))


def _speech_asked(state: Conversation, event: CloudEvent[SpeechRequested]) -> Conversation:
    asked = event.data
    return _asked(state, event.id, ReadAloud(asked.text, asked.language, asked.reading))


def _email_asked(state: Conversation, event: CloudEvent[EmailRequested]) -> Conversation:
    return _asked(state, event.id, MailLeaflet(event.data.address))


def _data_asked(state: Conversation, event: CloudEvent[DataRequested]) -> Conversation:
    return _asked(state, event.id, ServeData(event.data.task))


def _asked(state: Conversation, event_id: str, task: Task) -> Conversation:
    if state.work is None:
        return state
    return replace(state, work=replace(state.work, task=task, request_event=event_id))


def _result_applied(state: Conversation, event: CloudEvent[facts.ResultApplied]) -> Conversation:
    if state.work is None:
        return state
    cause = _cause(state, event)
    if isinstance(cause, TranscriptMade):
        # The turn goes on with what was heard: its next work takes over from this one.
        return replace(state, work=replace(state.work, task=None))
    phase = applied(state.phase, state.work, cause)
    return replace(state, phase=phase or state.phase, work=None, failed=None)


def _given_up(state: Conversation, event: CloudEvent[facts.WorkGivenUp]) -> Conversation:
    work, given_up = state.work, event.data
    if work is None or work.task is None:
        return replace(state, work=None)
    if given_up.reason == "undeliverable" and isinstance(work.task, MailLeaflet):
        state = _forgetting(state, work.task.address)
    failed = Failed(task=work.task, message_id=work.message_id)
    return replace(state, work=None, failed=failed if given_up.retriable else None)


def _forgetting(state: Conversation, address: str) -> Conversation:
    kept = tuple(known for known in state.confirmed if not same_address(known.address, address))
    return replace(state, confirmed=kept)


def _address_confirmed(
    state: Conversation, event: CloudEvent[facts.AddressConfirmed]
) -> Conversation:
    contact = Contact(address=event.data.address, message_id=event.data.message_id)
    return replace(state, confirmed=(*state.confirmed, contact)[-CONFIRMED_ADDRESSES:])


def _cancelled(state: Conversation, _: CloudEvent[facts.RequestCancelled]) -> Conversation:
    return replace(state, work=None)


def _redacted(state: Conversation, event: CloudEvent[facts.MessageRedacted]) -> Conversation:
    return taken_back(state, event.data.message_id)


def _answered(state: Conversation, event: CloudEvent[ReplyRequested]) -> Conversation:
    turn = event.data.turn_id
    if not event.data.final:
        return late.spent(state, turn)
    return replace(late.let_go(state, turn), mailbox=_without(state.mailbox, turn))


def _lent(state: Conversation, event: CloudEvent[facts.TokenLent]) -> Conversation:
    return late.lent(state, _cause(state, event))


def _slowed_down(state: Conversation, _: CloudEvent[facts.SlowedDown]) -> Conversation:
    return replace(state, limited_at=state.now)


def _time_noted(state: Conversation, event: CloudEvent[facts.TimeNoted]) -> Conversation:
    return replace(state, now=max(state.now, event.data.noted_at))


def _abandoned(state: Conversation, event: CloudEvent[facts.InputAbandoned]) -> Conversation:
    return replace(state, mailbox=_without(state.mailbox, event.data.input_id))


def _unchanged(
    state: Conversation, _: CloudEvent[facts.InputIgnored | facts.ErasureAsked]
) -> Conversation:
    return state


_CHANGES: dict[type[Event], Change] = {
    WorkStarted: _work_started,
    EducationRequested: _education_asked,
    TranslationRequested: _translation_asked,
    TranscriptionRequested: _transcription_asked,
    SpeechRequested: _speech_asked,
    EmailRequested: _email_asked,
    DataRequested: _data_asked,
    ReplyRequested: _answered,
    facts.ResultApplied: _result_applied,
    facts.WorkGivenUp: _given_up,
    facts.RequestCancelled: _cancelled,
    facts.AddressConfirmed: _address_confirmed,
    facts.MessageRedacted: _redacted,
    facts.TokenLent: _lent,
    facts.AnswerHeld: late.held,
    facts.SlowedDown: _slowed_down,
    facts.ErasureAsked: _unchanged,
    facts.InputIgnored: _unchanged,
    facts.InputAbandoned: _abandoned,
    facts.TimeNoted: _time_noted,
}
