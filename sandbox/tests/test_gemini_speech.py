"""Google's own client asks the sandbox to listen and to speak."""

import io
import json
import wave

import pytest
from google import genai
from google.genai import errors, types
from pydantic import BaseModel

from sandbox import sound
from sandbox.gemini_speech import RATE
from sandbox.tests.served import Sandbox

OLD, NEW = "gemini-2.5-flash-preview-tts", "gemini-3.8-flash-lite-tts"
TEXT = "這個藥每天吃 3 次，飯後服用。"
VOICE = {"voice_config": {"prebuilt_voice_config": {"voice_name": "Kore"}}}
SPEECH = {"response_modalities": ["AUDIO"], "speech_config": VOICE}
RECORDING = sound.wav(sound.melody("您好", 16_000), 16_000)


class Heard(BaseModel):
    transcript: str


async def speak(
    gemini: genai.client.AsyncClient, model: str = NEW, **more: object
) -> types.Candidate:
    config = types.GenerateContentConfig.model_validate(SPEECH | more)
    answer = await gemini.models.generate_content(model=model, contents=TEXT, config=config)
    return (answer.candidates or [])[0]


async def listen(gemini: genai.client.AsyncClient, kind: str = "audio/wav") -> object:
    config = types.GenerateContentConfig(
        response_mime_type="application/json", response_schema=Heard
    )
    contents = [
        types.Part.from_bytes(data=RECORDING, mime_type=kind),
        json.dumps({"task": "transcribe", "language": "英文"}, ensure_ascii=False),
    ]
    answer = await gemini.models.generate_content(
        model="gemini-3.8-flash", contents=contents, config=config
    )
    return answer.parsed


def sound_of(candidate: types.Candidate) -> tuple[str, bytes]:
    assert candidate.content
    blob = (candidate.content.parts or [])[0].inline_data
    assert blob
    return blob.mime_type or "", blob.data or b""


async def test_an_older_model_gives_bare_samples(gemini: genai.client.AsyncClient):
    kind, data = sound_of(await speak(gemini, OLD, temperature=1))
    assert kind == "audio/L16;codec=pcm;rate=24000"
    assert data == sound.melody(TEXT, RATE)


async def test_a_newer_model_gives_a_whole_file(gemini: genai.client.AsyncClient):
    kind, data = sound_of(await speak(gemini))
    assert kind == "audio/wav"
    with wave.open(io.BytesIO(data)) as file:
        assert file.getnframes() / file.getframerate() > 1


async def test_directions_are_followed_and_not_spoken(gemini: genai.client.AsyncClient):
    config = types.GenerateContentConfig.model_validate(SPEECH)
    prompt = f"Read the transcript aloud, slowly.\n\nTRANSCRIPT:\n{TEXT}"
    answer = await gemini.models.generate_content(model=OLD, contents=prompt, config=config)
    _, data = sound_of((answer.candidates or [])[0])
    assert data == sound.melody(TEXT, RATE)


@pytest.mark.parametrize(
    ("model", "more"),
    [
        (NEW, {"temperature": 0.0}),
        (NEW, {"top_p": 0.5}),
        (NEW, {"top_k": 4}),
        (NEW, {"response_modalities": ["TEXT"]}),
        (NEW, {"system_instruction": "Be kind."}),
        (NEW, {"speech_config": {"voice_config": {"prebuilt_voice_config": {"voice_name": "X"}}}}),
        ("gemini-3.8-flash", {}),
    ],
)
async def test_what_a_speaking_model_does_not_take_is_refused(
    gemini: genai.client.AsyncClient, model: str, more: dict[str, object]
):
    with pytest.raises(errors.ClientError) as refusal:
        await speak(gemini, model, **more)
    assert refusal.value.code == 400


async def test_speech_can_be_cut_or_spoilt(sandbox: Sandbox, gemini: genai.client.AsyncClient):
    whole = sound_of(await speak(gemini))[1]
    await sandbox.break_("tts", "truncated")
    cut = await speak(gemini)
    assert cut.finish_reason == types.FinishReason.MAX_TOKENS
    assert 0 < len(sound_of(cut)[1]) < len(whole)
    await sandbox.break_("tts", "garbage")
    assert not sound_of(await speak(gemini))[1].startswith(b"RIFF")


async def test_a_recording_is_written_down(sandbox: Sandbox, gemini: genai.client.AsyncClient):
    await sandbox.show("阿明", RECORDING, transcript="我肚子痛三天了")
    assert await listen(gemini) == Heard(transcript="我肚子痛三天了")
    assert (await sandbox.http.get("/sandbox/model-calls")).json()["by_task"] == {"transcribe": 1}


@pytest.mark.parametrize("kind", ["audio/x-m4a", "audio/ogg; codecs=opus", "audio/flac"])
async def test_the_formats_of_voice_messages_are_taken(gemini: genai.client.AsyncClient, kind: str):
    assert isinstance(await listen(gemini, kind), Heard)


async def test_what_is_no_sound_is_refused(gemini: genai.client.AsyncClient):
    with pytest.raises(errors.ClientError, match="Unsupported MIME type"):
        await listen(gemini, "application/octet-stream")


@pytest.mark.parametrize("data", ["", "a", "§§§§"])
async def test_data_that_is_not_base64_is_refused(sandbox: Sandbox, data: str):
    part = {"inlineData": {"mimeType": "audio/wav", "data": data}}
    answer = await sandbox.http.post(
        "/v1/models/m:generateContent",
        json={"contents": [{"parts": [part]}]},
        headers={"x-goog-api-key": "k"},
    )
    assert answer.status_code == 400


async def test_hearing_speaking_and_writing_fail_apart(
    sandbox: Sandbox, gemini: genai.client.AsyncClient
):
    await sandbox.break_("stt", "status:503", None)
    await sandbox.break_("tts", "status:429", None)
    with pytest.raises(errors.ServerError):
        await listen(gemini)
    with pytest.raises(errors.ClientError):
        await speak(gemini)
    answer = await gemini.models.generate_content(model="gemini-3.8-flash", contents="好")
    assert answer.text
