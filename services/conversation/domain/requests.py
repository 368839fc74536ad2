"""Asking a worker for an answer that takes its time."""

from datetime import timedelta

from chassis.decider import derived_id
from contracts.conversation import (
    DataRequested,
    EducationRequested,
    EmailRequested,
    SpeechRequested,
    TranscriptionRequested,
    TranslationRequested,
    WorkStarted,
)
from services.conversation.domain.facts import Decision
from services.conversation.domain.pending import Said
from services.conversation.domain.results import leaflet_of
from services.conversation.domain.state import (
    Conversation,
    Interpret,
    Leaflet,
    LeafletTask,
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

ANSWER_WITHIN = timedelta(seconds=110)
"""The service level is "silent for over 120 s: 0"; ten seconds are for the apology's own way."""


def begin(said: Said, state: Conversation, task: Task, *, message_id: str = "") -> list[Decision]:
    """Start the work that a turn needs; `message_id` names whose words it is about, if others'."""
    started = WorkStarted(
        request_id=derived_id(said.id, "request", "0"),
        turn_id=said.id,
        answer_by=state.now + ANSWER_WITHIN,
        message_id=message_id,
        recipient=said.recipient,
        read_token=said.read_token,
    )
    return [started, _asked(started, task, leaflet_of(state.phase))]


def go_on(work: Work, task: Interpret) -> list[Decision]:
    """Start the second request of a turn; the turn's deadline does not move."""
    started = WorkStarted(
        request_id=derived_id(work.said.id, "request", "1"),
        turn_id=work.said.id,
        answer_by=work.answer_by,
        message_id=work.message_id,
        recipient=work.said.recipient,
    )
    return [started, _asked(started, task, None)]


def _asked(started: WorkStarted, task: Task, leaflet: Leaflet | None) -> Decision:
    request_id, answer_by = started.request_id, started.answer_by
    match task:
        case Interpret(text, language, spoken):
            return TranslationRequested(
                request_id=request_id,
                answer_by=answer_by,
                spoken=spoken,
                text=text,
                language=language,
            )
        case Transcribe(message_id, language):
            return TranscriptionRequested(
                request_id=request_id,
                message_id=message_id,
                answer_by=answer_by,
                language=language,
            )
        case ReadAloud(text, language, reading):
            return SpeechRequested(
                request_id=request_id,
                answer_by=answer_by,
                message_id=started.message_id,
                text=text,
                language=language,
                reading=reading,
            )
        case MailLeaflet(address):
            return _mail(started, address, leaflet or Leaflet(text=""))
        case ServeData(what):
            return DataRequested(request_id=request_id, task=what, answer_by=answer_by)
        case _:
            return _education(started, task, leaflet.text if leaflet else "")


def _mail(started: WorkStarted, address: str, leaflet: Leaflet) -> EmailRequested:
    return EmailRequested(
        request_id=started.request_id,
        answer_by=started.answer_by,
        address=address,
        leaflet=leaflet.text,
        translation=leaflet.translation,
        language=leaflet.language,
        references=leaflet.references,
    )


def _education(started: WorkStarted, task: LeafletTask, content: str) -> EducationRequested:
    request_id, answer_by = started.request_id, started.answer_by
    match task:
        case MakeLeaflet(topic):
            return EducationRequested(
                request_id=request_id, answer_by=answer_by, task="generate", source=topic
            )
        case ModifyLeaflet(instruction):
            return EducationRequested(
                request_id=request_id,
                answer_by=answer_by,
                task="modify",
                source=content,
                instruction=instruction,
            )
        case TranslateLeaflet(language):
            return EducationRequested(
                request_id=request_id,
                answer_by=answer_by,
                task="translate",
                source=content,
                language=language,
            )
