"""Recordings in questions to Gemini, and speech in its answers."""

from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import AsyncGenerator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.breaker import Breaker
from chassis.errors import Unavailable
from chassis.gemini import Gemini, failure_reason, recipe, speech_recipe
from chassis.gemini_failures import Empty, Malformed, ModelFailed
from chassis.gemini_speech import Sound, read_spoken
from chassis.tests.gemini_server import (
    HANG,
    KEY,
    PAGE,
    RESET,
    Server,
    asking,
    failing,
    reply,
    said,
    serving,
)

PCM = "audio/L16;codec=pcm;rate=24000"
SAMPLES = bytes(range(256)) * 4
WAV = b"RIFF" + (36 + 8).to_bytes(4, "little") + b"WAVE" + bytes(40)
SCHEMA = {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}, "required": ["a"]}
HEARING = recipe("You hear.", schema=SCHEMA)
SPEAKING = speech_recipe("Kore")


def blob(data: bytes | str, kind: str = PCM) -> dict[str, Any]:
    text = data if isinstance(data, str) else b64encode(data).decode()
    return {"inlineData": {"mimeType": kind, "data": text}}


def spoken(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    candidate = {"content": {"parts": list(parts)}, "finishReason": "STOP"} | more
    return {"candidates": [candidate], "modelVersion": "tts-1"}


def read(*parts: dict[str, Any], **more: Any) -> Sound:
    return read_spoken(orjson.dumps(spoken(*parts, **more))).sound


@pytest.fixture(scope="module")
async def listening() -> AsyncGenerator[Server]:
    async with serving() as playing:
        yield playing


@pytest.fixture
def server(listening: Server) -> Server:
    listening.begin_anew()
    return listening


@pytest.fixture(scope="module")
async def model(listening: Server) -> AsyncGenerator[Gemini]:
    async with asking(listening, breaker=Breaker("gemini", failures=1_000)) as asked:
        yield asked


async def test_a_recording_travels_before_the_words_in_plain_base64(server: Server, model: Gemini):
    server.replies = [said('{"a": "1"}')]
    await model.ask(HEARING, {"task": "transcribe"}, sound=Sound("audio/m4a", SAMPLES))
    body = server.requests[0]["body"]
    sound, words = body["contents"][0]["parts"]
    assert sound["inlineData"]["mimeType"] == "audio/m4a"
    assert b64decode(sound["inlineData"]["data"], validate=True) == SAMPLES
    assert orjson.loads(words["text"]) == {"task": "transcribe"}
    assert body["systemInstruction"]["parts"] == [{"text": "You hear."}]
    assert body["generationConfig"]["responseSchema"] == SCHEMA


async def test_a_question_with_sound_leaves_the_next_one_silent(server: Server, model: Gemini):
    server.replies = [said('{"a": "1"}')]
    await model.ask(HEARING, {}, sound=Sound("audio/m4a", SAMPLES))
    await model.ask(HEARING, {"text": "2"})
    (only,) = server.requests[1]["body"]["contents"][0]["parts"]
    assert orjson.loads(only["text"]) == {"text": "2"}


async def test_speech_is_asked_for_with_a_voice_and_nothing_else(server: Server, model: Gemini):
    server.replies = [reply(spoken(blob(SAMPLES)))]
    said_aloud = await model.speak(SPEAKING, "早安")
    body = server.requests[0]["body"]
    assert body["contents"][0]["parts"] == [{"text": "早安"}]
    voice = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}}
    assert body["generationConfig"] == {"responseModalities": ["AUDIO"], "speechConfig": voice}
    assert said_aloud.sound == Sound(PCM, SAMPLES)
    assert said_aloud.model_version == "tts-1"


@pytest.mark.parametrize(
    "trouble",
    [
        failing("429 RESOURCE_EXHAUSTED"),
        failing("503 UNAVAILABLE"),
        PAGE,
        RESET,
        reply(spoken()),
        reply(spoken({"text": "早安"})),
        reply(spoken(blob(""))),
        reply(spoken(blob("AAA="[:3]))),
        reply(spoken(blob(SAMPLES[:-1]))),
        reply(spoken(blob(WAV[:-9], "audio/wav"))),
    ],
)
async def test_two_troubles_of_a_voice_are_no_failure(
    server: Server, model: Gemini, trouble: bytes
):
    server.replies = [trouble, trouble, reply(spoken(blob(SAMPLES)))]
    assert (await model.speak(SPEAKING, "早安")).sound.data == SAMPLES
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("trouble", "reason", "calls"),
    [
        (failing("503 UNAVAILABLE"), "unavailable", 3),
        (failing("403 PERMISSION_DENIED"), "unavailable", 1),
        (failing("400 INVALID_ARGUMENT"), "rejected", 1),
        (reply(spoken(finishReason="SAFETY")), "blocked", 1),
        (reply({"promptFeedback": {"blockReason": "SAFETY"}}), "blocked", 1),
        (reply(spoken(blob(SAMPLES), finishReason="MAX_TOKENS")), "malformed", 1),
        (reply(spoken(blob("!!!"))), "malformed", 3),
        (reply(spoken(finishReason="OTHER")), "empty", 3),
    ],
)
async def test_a_trouble_of_a_voice_that_stays_is_a_failure(
    server: Server, model: Gemini, trouble: bytes, reason: str, calls: int
):
    server.replies = [trouble]
    with pytest.raises((ModelFailed, Unavailable)) as failed:
        await model.speak(SPEAKING, "早安")
    assert isinstance(failed.value, (ModelFailed, Unavailable))
    assert failure_reason(failed.value) == reason
    assert len(server.requests) == calls


async def test_a_voice_that_hangs_is_given_up(server: Server):
    server.replies = [HANG, reply(spoken(blob(SAMPLES)))]
    async with asking(server, seconds=0.2) as impatient:
        assert (await impatient.speak(SPEAKING, "早安")).sound.data == SAMPLES


async def test_neither_key_nor_words_of_a_voice_are_logged(
    server: Server, model: Gemini, capfd: pytest.CaptureFixture[str]
):
    server.replies = [failing("400 INVALID")]
    with pytest.raises(ModelFailed):
        await model.speak(SPEAKING, "王小明的病歷")
    shown = "".join(capfd.readouterr())
    assert "gemini_rejected_request" in shown
    assert "王小明" not in shown
    assert KEY not in shown


def test_pieces_of_samples_are_put_together():
    assert read(blob(SAMPLES[:512]), blob(SAMPLES[512:])) == Sound(PCM, SAMPLES)


@pytest.mark.parametrize("second", [blob(SAMPLES, "audio/wav"), blob(WAV, PCM)])
def test_pieces_that_do_not_belong_together_are_refused(second: dict[str, Any]):
    with pytest.raises(Malformed):
        read(blob(WAV, "audio/wav"), second)


def test_base64_for_addresses_is_read_too():
    assert read(blob(urlsafe_b64encode(SAMPLES).decode())).data == SAMPLES


def test_thoughts_are_not_spoken():
    with pytest.raises(Empty):
        read(blob(SAMPLES) | {"thought": True})


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, len(WAV) - 8, len(WAV) - 7])
def test_a_wav_is_whole_unless_it_says_to_be_longer(size: int):
    whole = WAV[:4] + size.to_bytes(4, "little") + WAV[8:]
    assert read(blob(whole, "audio/wav")).data == whole


def test_a_wav_is_a_file_even_when_it_is_called_samples():
    assert not read(blob(WAV, PCM)).is_raw
    assert read(blob(SAMPLES, "audio/pcm; rate=16000")).is_raw


@given(st.binary(max_size=200), st.text(max_size=20))
def test_whatever_comes_is_a_sound_or_a_known_failure(data: bytes, kind: str):
    try:
        sound = read(blob(data, kind))
    except ModelFailed:
        return
    assert sound.data == data
