"""What the speech service hears: for now it declines, at once and honestly."""

from datetime import UTC, datetime

from chassis.journal import Journal
from chassis.router import Router
from contracts import subjects
from contracts.base import CloudEvent
from contracts.conversation import SpeechRequested, TranscriptionRequested
from contracts.speech import SpeechFailed, TranscriptionFailed

router = Router()


@router.consumes(
    subjects.TRANSCRIPTION_REQUESTED,
    stream=subjects.CONVERSATION_STREAM,
    consumer=subjects.SPEECH_TRANSCRIBE,
)
async def transcribe(
    asked: CloudEvent[TranscriptionRequested],
    journal: Journal,
) -> None:
    """Say that the recording will not be written down."""
    failed = TranscriptionFailed(
        request_id=asked.data.request_id, failed_at=datetime.now(UTC), reason="rejected"
    )
    await journal.answer(asked, failed)


@router.consumes(
    subjects.SPEECH_REQUESTED,
    stream=subjects.CONVERSATION_STREAM,
    consumer=subjects.SPEECH_SYNTHESIZE,
)
async def synthesize(
    asked: CloudEvent[SpeechRequested],
    journal: Journal,
) -> None:
    """Say that the text will not be read aloud."""
    failed = SpeechFailed(
        request_id=asked.data.request_id, failed_at=datetime.now(UTC), reason="rejected"
    )
    await journal.answer(asked, failed)
