"""The whole service on a real Postgres and a real NATS, with everybody else played."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from chassis.app import Service, service
from chassis.objects.open import open_objects
from chassis.objects.sealed import SealedObjects
from chassis.settings import load
from chassis.testing import Database, poll
from contracts.base import Event
from contracts.conversation import SpeechRequested, TranscriptionRequested
from contracts.gateway import MessageUnsent
from contracts.speech import (
    AudioSynthesized,
    SpeechFailed,
    TranscriptionFailed,
    TranscriptionReady,
)
from services.speech.app import run
from services.speech.settings import SpeechSettings
from services.speech.tests.sounds import heard
from tests.e2e import gemini, line
from tests.e2e.gemini import Gemini, served_gemini
from tests.e2e.line import Line, Medium, served_line
from tests.e2e.taigi import Taigi, served_taigi
from tests.e2e.voices import recording

RESULTS = (TranscriptionReady, TranscriptionFailed, AudioSynthesized, SpeechFailed)


@dataclass(frozen=True, slots=True)
class Outside:
    """Everybody else."""

    line: Line
    gemini: Gemini
    taigi: Taigi


@pytest.fixture
async def outside() -> AsyncGenerator[Outside]:
    async with served_line() as line, served_gemini() as gemini, served_taigi() as taigi:
        yield Outside(line, gemini, taigi)


@pytest.fixture
def settings(postgres: Database, nats: str, outside: Outside) -> SpeechSettings:
    environment = {
        "DATABASE_URL": postgres.service_url,
        "NATS_URL": nats,
        "HOST": "127.0.0.1",
        "GEMINI_API_KEY": gemini.KEY,
        "GEMINI_BASE_URL": outside.gemini.url,
        "GEMINI_REQUESTS_PER_MINUTE": "0",
        "TTS_REQUESTS_PER_MINUTE": "0",
        "TAIGI_REQUESTS_PER_MINUTE": "0",
        "LINE_CHANNEL_ACCESS_TOKEN": line.TOKEN,
        "LINE_DATA_API_BASE_URL": outside.line.url,
        "TAIGI_BASE_URL": outside.taigi.url,
    }
    return load(SpeechSettings, environment)


@pytest.fixture
async def conversation(settings: SpeechSettings) -> AsyncGenerator[Service]:
    """Give a test somebody who asks while the service runs."""
    running = asyncio.create_task(run(settings))
    async with service("conversation", settings) as conversation:
        yield conversation
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def objects(settings: SpeechSettings, conversation: Service) -> AsyncGenerator[SealedObjects]:
    async with open_objects(settings, conversation) as objects:
        yield objects


def by() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=60)


def voice(tag: str) -> TranscriptionRequested:
    return TranscriptionRequested(
        request_id=str(uuid4()), message_id=tag, answer_by=by(), language="英文"
    )


def text(words: str, language: str = "英文") -> SpeechRequested:
    return SpeechRequested(request_id=str(uuid4()), answer_by=by(), text=words, language=language)


def taken_back(message_id: str) -> MessageUnsent:
    now = datetime.now(UTC)
    return MessageUnsent(
        webhook_event_id=str(uuid4()), message_id=message_id, sent_at=now, received_at=now
    )


async def has_objects(objects: SealedObjects, count: int) -> bool:
    return len(await objects.list_keys("")) == count


async def result(conversation: Service, stream: str, request: Event) -> Event:
    """Return what a request leads to."""
    await conversation.journal.record(stream, [request])

    async def found() -> Event | None:
        events = [each.data for each in await conversation.journal.read(stream)]
        return next((event for event in events if isinstance(event, RESULTS)), None)

    return await poll(found, within=20, what="a result")


async def test_a_voice_message_is_written_down_and_archived(
    outside: Outside, conversation: Service, objects: SealedObjects
):
    stream, sound = str(uuid4()), recording("tag-voice")
    outside.line.media["tag-voice"] = Medium(sound, preparing=2)
    made = await result(conversation, stream, voice("tag-voice"))
    assert isinstance(made, TranscriptionReady)
    assert made.text == "transcript tag-voice"
    assert made.object_key == f"voicemail/{stream}/tag-voice.wav"
    kept = await poll(lambda: objects.get(stream, made.object_key), what="the archived copy")
    assert (kept.data, kept.content_type) == (sound, "audio/wav")


async def test_a_message_taken_back_takes_its_recording_and_its_audio_along(
    outside: Outside, conversation: Service, objects: SealedObjects
):
    stream, other = str(uuid4()), str(uuid4())
    outside.line.media |= {tag: Medium(recording(tag)) for tag in ("tag-back", "tag-stays")}
    await result(conversation, stream, voice("tag-back"))
    await result(conversation, other, voice("tag-stays"))
    await conversation.journal.record(stream, [replace(text("good"), message_id="tag-back")])
    await poll(lambda: has_objects(objects, 3), what="three objects")
    await conversation.journal.record(stream, [taken_back("tag-back"), taken_back("tag-stays")])
    await poll(lambda: has_objects(objects, 1), what="the removal")
    assert await objects.list_keys("") == [f"voicemail/{other}/tag-stays.wav"]


@pytest.mark.parametrize("kind", ["audio/wav", gemini.PCM])
async def test_a_text_is_read_aloud_into_a_sealed_object(
    outside: Outside, conversation: Service, objects: SealedObjects, kind: str
):
    outside.gemini.voice = kind
    stream = str(uuid4())
    made = await result(conversation, stream, text("tag-text"))
    assert isinstance(made, AudioSynthesized)
    assert (made.duration_ms, made.model) == (1_500, "e2e-speech-1")
    kept = await objects.get(stream, made.object_key)
    assert kept is not None
    assert abs(heard(kept.data) - 1.5) <= 0.1
    assert await objects.get(str(uuid4()), made.object_key) is None


async def test_taigi_is_read_aloud(outside: Outside, conversation: Service):
    made = await result(conversation, str(uuid4()), text("不要吃", "台語"))
    assert isinstance(made, AudioSynthesized)
    assert (made.duration_ms, made.model) == (1_250, "nycu-taigi")
    assert outside.taigi.spoken == ["li2 ho2 不要吃"]
    assert outside.taigi.refused == []


async def test_what_cannot_be_had_is_answered_with_its_reason(
    outside: Outside, conversation: Service
):
    outside.line.media["tag-unsent"] = Medium(b"", status=410)
    outside.gemini.faults["tag-mute"] = "blocked"
    gone = await result(conversation, str(uuid4()), voice("tag-unsent"))
    mute = await result(conversation, str(uuid4()), text("tag-mute"))
    assert isinstance(gone, TranscriptionFailed)
    assert isinstance(mute, SpeechFailed)
    assert (gone.reason, mute.reason) == ("gone", "blocked")
