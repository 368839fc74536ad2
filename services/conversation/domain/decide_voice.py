"""Voice messages: written down first, then a sentence like any other, within the same turn."""

from datetime import timedelta

from services.conversation.domain import wording
from services.conversation.domain.answers import here
from services.conversation.domain.choices import NEW
from services.conversation.domain.facts import Decision, ResultApplied
from services.conversation.domain.pending import Said, TranscriptMade
from services.conversation.domain.requests import begin, go_on
from services.conversation.domain.state import (
    AwaitingLanguage,
    ChoosingMode,
    Conversation,
    Interpret,
    NotStarted,
    Transcribe,
    Translating,
    Work,
)

LONGEST_VOICE = timedelta(minutes=5)
"""Of speech: about what fits into one text, and into the time there is for an answer."""


def voice(said: Said, state: Conversation) -> list[Decision]:
    """Have a voice message written down, or say what it takes to speak here."""
    match state.phase:
        case Translating(language):
            return _heard(said, language, state)
        case NotStarted() | ChoosingMode():
            return [here(said, state, wording.VOICE_NEEDS_MODE)]
        case AwaitingLanguage():
            return [here(said, state, wording.VOICE_NEEDS_LANGUAGE)]
        case _:
            return [here(said, state, wording.ONLY_IN_TRANSLATION, NEW)]


def understood(made: TranscriptMade, work: Work, task: Transcribe) -> list[Decision]:
    """Go on with what a voice message says."""
    sentence = Interpret(made.text, task.language, spoken=True)
    return [ResultApplied(request_id=work.request_id), *go_on(work, sentence)]


def _heard(said: Said, language: str, state: Conversation) -> list[Decision]:
    if said.content_provider == "external":
        return [here(said, state, wording.VOICE_FROM_ELSEWHERE)]
    if timedelta(milliseconds=said.duration_ms or 0) > LONGEST_VOICE:
        return [here(said, state, wording.VOICE_TOO_LONG)]
    return begin(said, state, Transcribe(said.message_id, language))
