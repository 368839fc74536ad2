"""Reading texts aloud: spoken, made an m4a, kept."""

from dataclasses import replace

import pytest

from chassis.gemini_speech import Sound
from contracts.conversation import SpeechRequested
from services.speech.ports import NoResult
from services.speech.reader import LONGEST_TEXT, ReadAloud, Reader
from services.speech.tests.fakes import FakeObjects, FakeVoice
from services.speech.tests.given import STREAM, asked, text
from services.speech.tests.sounds import heard


class Booth:
    """A reader and what is around it."""

    def __init__(self) -> None:
        self.voice = FakeVoice()
        self.taigi = FakeVoice()
        self.objects = FakeObjects()
        self.reader = Reader(self.voice, self.taigi, self.objects)

    async def read(self, wish: SpeechRequested) -> ReadAloud:
        return await self.reader.read_aloud(asked(wish))

    async def refused(self, wish: SpeechRequested) -> str:
        with pytest.raises(NoResult) as refused:
            await self.read(wish)
        return refused.value.reason


async def test_a_text_becomes_an_m4a_of_true_length():
    booth = Booth()
    made = await booth.read(text())
    ((place, (data, content_type)),) = booth.objects.kept.items()
    assert place == (STREAM, made.object_key)
    assert made.object_key.startswith(f"tts_audio/{STREAM}/")
    assert made.object_key.endswith(".m4a")
    assert content_type == "audio/mp4"
    assert made.duration_ms == 750
    assert abs(heard(data) - 0.75) <= 0.1
    assert (made.model, made.prompt) == ("fake-1", "speak.v1")


async def test_the_same_request_has_the_same_object():
    booth = Booth()
    first, second = await booth.read(text()), await booth.read(text())
    assert first.object_key == second.object_key
    assert len(booth.objects.kept) == 1


async def test_taigi_is_read_by_its_own_voice_with_its_reading():
    booth = Booth()
    await booth.read(text("不要吃", "台語", " m7-thang1 tsiah8 "))
    (script,) = booth.taigi.read
    assert (script.text, script.reading) == ("不要吃", "m7-thang1 tsiah8")
    assert booth.voice.read == []


@pytest.mark.parametrize(
    ("words", "reason"),
    [("", "empty"), (" \n", "empty"), ("a" * (LONGEST_TEXT + 1), "too_large")],
)
async def test_a_text_that_cannot_be_read_is_refused_before_anybody_is_asked(
    words: str, reason: str
):
    booth = Booth()
    assert await booth.refused(text(words)) == reason
    assert booth.voice.read == []


async def test_the_longest_text_is_read():
    assert (await Booth().read(text("a" * LONGEST_TEXT))).duration_ms > 0


@pytest.mark.parametrize("data", [b"", b"<html>", b"RIFF"])
async def test_speech_that_is_no_sound_is_malformed(data: bytes):
    booth = Booth()
    booth.voice.sounds = (Sound("audio/wav", data),)
    assert await booth.refused(text()) == "malformed"


async def test_what_is_made_of_a_message_that_was_taken_back_is_not_kept():
    booth = Booth()
    booth.objects.taken_back = frozenset({"m1"})
    assert await booth.refused(replace(text(), message_id="m1")) == "gone"
    assert booth.objects.kept == {}


async def test_without_the_store_there_is_an_apology():
    booth = Booth()
    booth.objects.down = True
    assert await booth.refused(text()) == "unavailable"
