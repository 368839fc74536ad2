"""What the speech service hears."""

from datetime import timedelta

from chassis import clock
from chassis.journal import Journal
from chassis.router import Router
from contracts import subjects
from contracts.base import CloudEvent
from contracts.conversation import SpeechRequested, TranscriptionRequested
from contracts.gateway import MessageUnsent
from contracts.speech import (
    AudioSynthesized,
    SpeechFailed,
    TranscriptionFailed,
    TranscriptionReady,
)
from services.speech.ports import NoResult, Removable
from services.speech.reader import Reader
from services.speech.removal import REQUESTS, remove
from services.speech.scribe import Scribe

router = Router()


@router.consumes(
    subjects.TRANSCRIPTION_REQUESTED,
    stream=subjects.CONVERSATION_STREAM,
    consumer=subjects.SPEECH_TRANSCRIBE,
    max_in_flight=32,  # a recording of 10 MB is in memory three times while it is asked about
    ordered=False,  # after `stop` the next request must not wait for the cancelled one
)
async def transcribe(
    asked: CloudEvent[TranscriptionRequested],
    journal: Journal,
    scribe: Scribe,
) -> None:
    """Record the one result of a request; a settled request costs no call of anybody."""
    if await journal.is_settled(asked):
        return
    await journal.answer(asked, await transcription(asked, scribe))


@router.consumes(
    subjects.SPEECH_REQUESTED,
    stream=subjects.CONVERSATION_STREAM,
    consumer=subjects.SPEECH_SYNTHESIZE,
    ordered=False,
)
async def synthesize(
    asked: CloudEvent[SpeechRequested],
    journal: Journal,
    reader: Reader,
    audio_retention: timedelta,
) -> None:
    """Record the one result of a request; a settled request costs no call of anybody."""
    if await journal.is_settled(asked):
        return
    await journal.answer(asked, await speech(asked, reader, audio_retention))


@router.consumes(
    subjects.MESSAGE_UNSENT,
    stream=subjects.GATEWAY_STREAM,
    consumer=subjects.SPEECH_FORGET_MESSAGE,
)
async def forget_message(
    unsent: CloudEvent[MessageUnsent], journal: Journal, objects: Removable
) -> None:
    """Remove what was recorded and read aloud of a message that its user took back."""
    asked = await journal.read_kinds(unsent.stream, *REQUESTS)
    facts = [each.data for each in asked]
    if await remove(objects, unsent.stream, unsent.data.message_id, facts):
        await journal.forget(unsent.stream)  # the gateway may have it in memory


async def transcription(
    asked: CloudEvent[TranscriptionRequested], scribe: Scribe
) -> TranscriptionReady | TranscriptionFailed:
    """Return the fact that a request leads to: what was said, or why nobody knows."""
    request_id = asked.data.request_id
    try:
        made = await scribe.write_down(asked)
    except NoResult as failed:
        return TranscriptionFailed(
            request_id=request_id, failed_at=clock.now(), reason=failed.reason
        )
    return TranscriptionReady(
        request_id=request_id,
        made_at=clock.now(),
        model=made.transcript.model,
        prompt=made.transcript.prompt,
        input_tokens=made.transcript.input_tokens,
        output_tokens=made.transcript.output_tokens,
        text=made.transcript.text,
        object_key=made.object_key,
    )


async def speech(
    asked: CloudEvent[SpeechRequested], reader: Reader, audio_retention: timedelta
) -> AudioSynthesized | SpeechFailed:
    """Return the fact that a request leads to: where the audio lies, or why there is none."""
    request_id = asked.data.request_id
    # Before the work: retention goes by when the object was stored, never earlier than this.
    now = clock.now()
    try:
        made = await reader.read_aloud(asked)
    except NoResult as failed:
        return SpeechFailed(request_id=request_id, failed_at=clock.now(), reason=failed.reason)
    return AudioSynthesized(
        request_id=request_id,
        made_at=clock.now(),
        model=made.model,
        prompt=made.prompt,
        duration_ms=made.duration_ms,
        expires_at=now + audio_retention,
        object_key=made.object_key,
    )
