"""Asking a worker for an answer that takes its time."""

from datetime import timedelta

from chassis.decider import derived_id
from contracts.conversation import EducationRequested, TranslationRequested, WorkStarted
from services.conversation.domain.facts import Decision
from services.conversation.domain.pending import Said
from services.conversation.domain.results import leaflet_of
from services.conversation.domain.state import (
    Conversation,
    Interpret,
    MakeLeaflet,
    ModifyLeaflet,
    Task,
    TranslateLeaflet,
)

ANSWER_WITHIN = timedelta(seconds=110)
"""The service level is "silent for over 120 s: 0"; ten seconds are for the apology's own way."""


def begin(said: Said, state: Conversation, task: Task) -> list[Decision]:
    """Start the work that a turn needs."""
    request_id = derived_id(said.id, "request", "0")
    answer_by = state.now + ANSWER_WITHIN
    started = WorkStarted(
        request_id=request_id, turn_id=said.id, answer_by=answer_by, recipient=said.recipient
    )
    if isinstance(task, Interpret):
        return [
            started,
            TranslationRequested(
                request_id=request_id, answer_by=answer_by, text=task.text, language=task.language
            ),
        ]
    leaflet = leaflet_of(state.phase)
    content = leaflet.text if leaflet else ""
    match task:
        case MakeLeaflet(topic):
            asked = EducationRequested(
                request_id=request_id, answer_by=answer_by, task="generate", source=topic
            )
        case ModifyLeaflet(instruction):
            asked = EducationRequested(
                request_id=request_id,
                answer_by=answer_by,
                task="modify",
                source=content,
                instruction=instruction,
            )
        case TranslateLeaflet(language):
            asked = EducationRequested(
                request_id=request_id,
                answer_by=answer_by,
                task="translate",
                source=content,
                language=language,
            )
    return [started, asked]
