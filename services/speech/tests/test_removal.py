"""A message taken back takes along what was made of it, and nothing else."""

from dataclasses import replace

import pytest

from contracts.base import Event
from contracts.conversation import SpeechRequested, TranscriptionRequested
from services.speech.keys import audio_key, recording_key
from services.speech.kinds import M4A, WAV
from services.speech.removal import remove
from services.speech.tests.fakes import FakeObjects
from services.speech.tests.given import STREAM, asked, text, voice

RECORDING = recording_key(STREAM, "m1", M4A)
AUDIO = audio_key(STREAM, "request-2")
OTHERS = (
    recording_key(STREAM, "m10", WAV),
    recording_key("stream-2", "m1", WAV),
    audio_key(STREAM, "request-3"),
)


def recorded(message_id: str) -> TranscriptionRequested:
    return replace(voice(), message_id=message_id)


def spoken(message_id: str, request_id: str) -> SpeechRequested:
    return replace(text(), message_id=message_id, request_id=request_id)


@pytest.fixture
async def objects() -> FakeObjects:
    kept = FakeObjects()
    for key in (RECORDING, AUDIO, *OTHERS):
        await kept.put(asked(text()), key, b"x", content_type="audio/mp4")
    return kept


async def left(objects: FakeObjects, message_id: str, *requests: Event) -> list[str]:
    await remove(objects, STREAM, message_id, requests)
    return await objects.list_keys("")


async def test_its_recording_and_the_audio_of_its_words_go(objects: FakeObjects):
    requests = recorded("m1"), spoken("m1", "request-2"), spoken("m2", "request-3"), recorded("m10")
    assert await left(objects, "m1", *requests) == sorted(OTHERS)


async def test_a_message_of_which_nothing_was_made_takes_nothing_along(objects: FakeObjects):
    requests = recorded("m1"), spoken("m1", "request-2"), spoken("", "request-3")
    assert len(await left(objects, "m2", *requests)) == 5
    assert len(await left(objects, "", *requests[:2])) == 5
