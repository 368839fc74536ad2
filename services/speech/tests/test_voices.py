"""The fakes and the real adapters, over HTTP against stand-ins, pass one suite."""

from base64 import b64decode, b64encode
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from chassis.breaker import Breaker
from chassis.gemini_speech import Sound
from chassis.resilience import TooLate
from chassis.taigi import MODEL, taigi
from chassis.tests.gemini_server import (
    AT_ONCE,
    PAGE,
    RESET,
    Server,
    asking,
    failing,
    reply,
    said,
    serving,
)
from chassis.tests.taigi_server import TLPA, WAV, TaigiServer, romanised, spoken, taigi_server
from chassis.tests.taigi_server import failing as taigi_failing
from contracts.education import FailureReason
from services.speech.gemini_voices import GeminiTranscriber, GeminiVoice
from services.speech.ports import NoResult, Script, Transcriber, Voice
from services.speech.taigi_voice import TaigiVoice
from services.speech.tests.fakes import FakeTranscriber, FakeVoice
from services.speech.tests.given import STREAM, soon

PCM = "audio/L16;codec=pcm;rate=24000"
HEARD = said(orjson.dumps({"transcript": " 我肚子痛 "}).decode())
SOUND = Sound("audio/m4a", b"\0\0\0\x1cftypM4A ")
ENGLISH = Script(stream=STREAM, text="Good morning", language="英文")
TAIGI = Script(stream=STREAM, text="不要吃", language="台語")


def aloud(data: bytes = bytes(480), **more: Any) -> bytes:
    part = {"inlineData": {"mimeType": PCM, "data": b64encode(data).decode()}}
    return reply({"candidates": [{"content": {"parts": [part]}, "finishReason": "STOP"} | more]})


class Turns:
    """Remembers whose turn was waited for; refuses when `over`."""

    def __init__(self) -> None:
        self.streams: list[str] = []
        self.over = False

    def of(self, stream: str) -> "Turns":
        self.streams.append(stream)
        return self

    async def wait(self, deadline: datetime | None) -> None:
        if self.over:
            raise TooLate(f"no turn before {deadline}")

    async def hold(self, pause: timedelta) -> None:
        self.over = pause > timedelta(0)


@pytest.fixture
async def server() -> AsyncGenerator[Server]:
    async with serving() as server:
        yield server


@pytest.fixture
def turns() -> Turns:
    return Turns()


@pytest.fixture
async def transcriber(server: Server) -> AsyncGenerator[GeminiTranscriber]:
    async with asking(server, breaker=Breaker("gemini", failures=1_000)) as model:
        yield GeminiTranscriber(model)


@pytest.fixture
async def voice(server: Server, turns: Turns) -> AsyncGenerator[GeminiVoice]:
    async with asking(server, breaker=Breaker("gemini_tts", failures=1_000)) as model:
        yield GeminiVoice(model, turns.of)


@pytest.fixture
async def service() -> AsyncGenerator[TaigiServer]:
    async with taigi_server() as service:
        yield service


@pytest.fixture
async def taigi_voice(service: TaigiServer) -> AsyncGenerator[TaigiVoice]:
    async with taigi(
        base_url=service.url, attempt_timeout=timedelta(seconds=20), backoff=AT_ONCE
    ) as opened:
        yield TaigiVoice(opened)


async def hears(transcriber: Transcriber, deadline: datetime | None = None) -> FailureReason | None:
    """Return why a transcriber hears nothing; None when it hears what it should."""
    try:
        made = await transcriber.transcribe(SOUND, "英文", deadline or soon())
    except NoResult as failed:
        return failed.reason
    assert made.text == "我肚子痛"
    assert made.prompt == "transcribe.v1"
    assert made.model
    return None


async def speaks(
    voice: Voice, script: Script, deadline: datetime | None = None
) -> FailureReason | None:
    """Return why a voice does not read; None when it does."""
    try:
        made = await voice.speak(script, deadline or soon())
    except NoResult as failed:
        return failed.reason
    assert all(sound.data for sound in made.sounds)
    assert made.model
    return None


async def test_a_transcriber_hears_or_says_why_not(server: Server, transcriber: GeminiTranscriber):
    server.replies = [HEARD]
    for each in (transcriber, FakeTranscriber()):
        assert await hears(each) is None
        assert await hears(each, datetime.now(UTC)) == "late"


async def test_a_voice_reads_or_says_why_not(
    server: Server, voice: GeminiVoice, service: TaigiServer, taigi_voice: TaigiVoice
):
    server.replies, service.answers = [aloud()], [romanised(), spoken()]
    for each, script in ((voice, ENGLISH), (taigi_voice, TAIGI), (FakeVoice(), ENGLISH)):
        assert await speaks(each, script) is None
        assert await speaks(each, script, datetime.now(UTC)) == "late"


async def test_the_recording_and_the_language_are_what_the_model_gets(
    server: Server, transcriber: GeminiTranscriber
):
    server.replies = [HEARD]
    await transcriber.transcribe(SOUND, "越南文", soon())
    body = server.requests[0]["body"]
    sound, words = body["contents"][0]["parts"]
    assert sound["inlineData"]["mimeType"] == "audio/m4a"
    assert b64decode(sound["inlineData"]["data"]) == SOUND.data
    assert orjson.loads(words["text"]) == {"task": "transcribe", "language": "越南文"}
    assert list(body["generationConfig"]["responseSchema"]["properties"]) == ["transcript"]


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (said('{"transcript": ""}'), "empty"),
        (said('{"transcript": " \\n"}'), "empty"),
        (said('{"transcript": 7}'), "malformed"),
        (said("I can't hear"), "malformed"),
        (said(" "), "empty"),
        (said(finishReason="SAFETY"), "blocked"),
        (said('{"transcript": "我', finishReason="MAX_TOKENS"), "malformed"),
        (failing("400 INVALID_ARGUMENT"), "rejected"),
        (failing("403 PERMISSION_DENIED"), "unavailable"),
        (failing("429 RESOURCE_EXHAUSTED"), "unavailable"),
        (failing("500 INTERNAL"), "unavailable"),
        (PAGE, "unavailable"),
        (RESET, "unavailable"),
    ],
)
async def test_each_failure_of_hearing_has_its_reason(
    server: Server, transcriber: GeminiTranscriber, trouble: bytes, reason: str
):
    server.replies = [trouble]
    assert await hears(transcriber) == reason


async def test_silence_is_not_asked_about_again(server: Server, transcriber: GeminiTranscriber):
    server.replies = [said('{"transcript": ""}')]
    assert await hears(transcriber) == "empty"
    assert len(server.requests) == 1


async def test_a_text_is_read_in_its_language_by_the_voice_we_chose(
    server: Server, voice: GeminiVoice, turns: Turns
):
    server.replies = [aloud()]
    made = await voice.speak(ENGLISH, soon())
    assert made.sounds == (Sound(PCM, bytes(480)),)
    assert made.prompt == "speak.v1"
    body = server.requests[0]["body"]
    asked = body["contents"][0]["parts"][0]["text"]
    assert asked.endswith("LANGUAGE: 英文\nTRANSCRIPT:\nGood morning")
    settings = body["generationConfig"]["speechConfig"]["voiceConfig"]["prebuiltVoiceConfig"]
    assert settings == {"voiceName": "Kore"}
    assert turns.streams == [STREAM]


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (aloud(b""), "empty"),
        (aloud(finishReason="SAFETY"), "blocked"),
        (aloud(finishReason="MAX_TOKENS"), "malformed"),
        (aloud(bytes(3)), "malformed"),
        (said("Good morning to you too"), "empty"),
        (failing("400 INVALID_ARGUMENT"), "rejected"),
        (failing("429 RESOURCE_EXHAUSTED"), "unavailable"),
        (failing("503 UNAVAILABLE"), "unavailable"),
        (PAGE, "unavailable"),
        (RESET, "unavailable"),
    ],
)
async def test_each_failure_of_reading_has_its_reason(
    server: Server, voice: GeminiVoice, trouble: bytes, reason: str
):
    server.replies = [trouble]
    assert await speaks(voice, ENGLISH) == reason


async def test_over_the_user_s_budget_reading_is_late(
    server: Server, voice: GeminiVoice, turns: Turns
):
    turns.over = True
    assert await speaks(voice, ENGLISH) == "late"
    assert server.requests == []


async def test_taigi_is_romanised_and_then_spoken(service: TaigiServer, taigi_voice: TaigiVoice):
    service.answers = [romanised(), spoken()]
    made = await taigi_voice.speak(TAIGI, soon())
    assert ([sound.data for sound in made.sounds], made.model) == ([WAV], MODEL)
    assert service.asked[0][1] == {"text0": "不要吃"}
    assert service.asked[1][1]["text1"] == TLPA


async def test_a_known_reading_is_spoken_as_it_is(service: TaigiServer, taigi_voice: TaigiVoice):
    service.answers = [spoken()]
    script = Script(stream=STREAM, text="不要吃", language="台語", reading="m7 thang1")
    await taigi_voice.speak(script, soon())
    assert [asked["text1"] for _, asked in service.asked] == ["m7 thang1"]


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([taigi_failing(500)], "unavailable"),
        ([taigi_failing(200)], "unavailable"),
        ([romanised(), taigi_failing(503)], "unavailable"),
        ([romanised(), spoken(b"RIFF")], "unavailable"),
        ([taigi_failing(400)], "rejected"),
        ([taigi_failing(404)], "unavailable"),
    ],
)
async def test_each_failure_of_taigi_has_its_reason(
    service: TaigiServer, taigi_voice: TaigiVoice, answers: list[Any], reason: str
):
    service.answers = answers
    assert await speaks(taigi_voice, TAIGI) == reason


async def test_without_a_taigi_service_it_is_said_to_be_off():
    assert await speaks(TaigiVoice(None), TAIGI) == "off"
