"""Reading the last translation aloud: once synthesized, the same audio serves again."""

from datetime import datetime, timedelta

from contracts.answer import Answer
from contracts.conversation import ReplyRequested
from services.conversation.domain import wording
from services.conversation.domain.answers import guidance, here, mode_of, reply
from services.conversation.domain.commands import LONGEST_TEXT
from services.conversation.domain.facts import Decision
from services.conversation.domain.languages import CHINESE, TAIGI
from services.conversation.domain.pending import Said
from services.conversation.domain.requests import begin
from services.conversation.domain.state import (
    Conversation,
    Phase,
    ReadAloud,
    Sentence,
    Spoken,
    Translating,
)

HEARD_WITHIN = timedelta(minutes=10)
"""Audio that is kept no longer than this is made anew: its user is to have time to listen."""


def read_aloud(said: Said, phase: Translating, state: Conversation) -> list[Decision]:
    """Answer with the audio of the last translation, or ask for it to be made."""
    last = phase.last
    if last is None:
        return [here(said, state, wording.SENTENCE_MISSING)]
    if last.spoken is not None and _is_kept(last.spoken, state.now):
        return [_again(said, state)]
    task = _reading(last, phase.language)
    if len(task.text) > LONGEST_TEXT:
        return [here(said, state, wording.TOO_LONG_TO_READ)]
    return begin(said, state, task, message_id=last.message_id)


def speaking(phase: Phase) -> Answer:
    """Return the answer that lets a user hear the last translation."""
    plain = guidance(phase, wording.SPOKEN)
    if not isinstance(phase, Translating) or phase.last is None or phase.last.spoken is None:
        return plain
    in_taigi = _reading(phase.last, phase.language).language == TAIGI
    return Answer(
        main=plain.main,
        choices=plain.choices,
        audio=phase.last.spoken.audio,
        credit=wording.TAIGI_CREDIT if in_taigi else "",
    )


def _again(said: Said, state: Conversation) -> ReplyRequested:
    return reply(said, speaking(state.phase), mode=mode_of(state.phase))


def _is_kept(spoken: Spoken, now: datetime) -> bool:
    return spoken.expires_at is None or now + HEARD_WITHIN < spoken.expires_at


def _reading(last: Sentence, language: str) -> ReadAloud:
    """Return what the other side is to hear: the Chinese of a patient, else the translation."""
    if last.direction == "into_chinese":
        return ReadAloud(last.plain, CHINESE)
    if language == TAIGI:
        return ReadAloud(last.plain, TAIGI, reading=last.translation)
    return ReadAloud(last.translation, language)
