"""Workers played here: speech and mail answer as theirs do, without audio or mail servers."""

from dataclasses import dataclass

from chassis.clock import now
from chassis.journal import Journal
from chassis.router import Router
from contracts import subjects
from contracts.base import CloudEvent
from contracts.conversation import EmailRequested, SpeechRequested, TranscriptionRequested
from contracts.notifier import EmailFailed, EmailSent
from contracts.speech import (
    AudioSynthesized,
    SpeechFailed,
    TranscriptionFailed,
    TranscriptionReady,
)
from tests.simulation.models import Moods

speech = Router()
post = Router()


@dataclass
class SomeSpeaker:
    """Listens and speaks."""

    moods: Moods


@dataclass
class SomeMailer:
    """Mails."""

    moods: Moods


@speech.consumes(
    subjects.TRANSCRIPTION_REQUESTED,
    stream=subjects.CONVERSATION_STREAM,
    consumer=subjects.SPEECH_TRANSCRIBE,
    ordered=False,
)
async def transcribe(
    asked: CloudEvent[TranscriptionRequested], journal: Journal, speaker: SomeSpeaker
) -> None:
    """Write down what a voice message says: the id of its message."""
    if await journal.is_settled(asked):
        return
    request_id, said = asked.data.request_id, f"語音 {asked.data.message_id}"
    reason = await speaker.moods.work(asked.data.answer_by)
    if reason is None:
        result = TranscriptionReady(
            request_id=request_id, made_at=now(), model="m", prompt="p", text=said
        )
        await journal.answer(asked, result)
        return
    failed = TranscriptionFailed(request_id=request_id, failed_at=now(), reason=reason)
    await journal.answer(asked, failed)


@speech.consumes(
    subjects.SPEECH_REQUESTED,
    stream=subjects.CONVERSATION_STREAM,
    consumer=subjects.SPEECH_SYNTHESIZE,
    ordered=False,
)
async def synthesize(
    asked: CloudEvent[SpeechRequested], journal: Journal, speaker: SomeSpeaker
) -> None:
    """Read a text aloud."""
    if await journal.is_settled(asked):
        return
    request_id = asked.data.request_id
    reason = await speaker.moods.work(asked.data.answer_by)
    if reason is None:
        key = f"tts_audio/{asked.stream}/{request_id}.m4a"
        result = AudioSynthesized(
            request_id=request_id, made_at=now(), model="m", duration_ms=900, object_key=key
        )
        await journal.answer(asked, result)
        return
    await journal.answer(asked, SpeechFailed(request_id=request_id, failed_at=now(), reason=reason))


@post.consumes(
    subjects.EMAIL_REQUESTED,
    stream=subjects.CONVERSATION_STREAM,
    consumer=subjects.NOTIFIER_SEND_EMAIL,
    ordered=False,
)
async def send_email(
    asked: CloudEvent[EmailRequested], journal: Journal, mailer: SomeMailer
) -> None:
    """Send a mail."""
    if await journal.is_settled(asked):
        return
    request_id = asked.data.request_id
    if await mailer.moods.work(asked.data.answer_by) is None:
        await journal.answer(asked, EmailSent(request_id=request_id, sent_at=now()))
        return
    failed = EmailFailed(request_id=request_id, failed_at=now(), reason="unavailable")
    await journal.answer(asked, failed)
