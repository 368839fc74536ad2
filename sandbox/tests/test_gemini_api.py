"""Google's own client against the sandbox."""

import json

import pytest
from google import genai
from google.genai import errors, types
from pydantic import BaseModel

from sandbox.shapes import JsonObject
from sandbox.tests.served import Sandbox

MODEL = "gemini-3.8-flash"


class Interpretation(BaseModel):
    direction: str
    plain_chinese: str
    translation: str


async def ask(
    gemini: genai.client.AsyncClient, task: JsonObject, **config: object
) -> types.GenerateContentResponse:
    prompt = json.dumps(task, ensure_ascii=False)
    return await gemini.models.generate_content(
        model=MODEL,
        contents=prompt,
        config=types.GenerateContentConfig.model_validate(config),
    )


LEAFLET = {"task": "leaflet", "topic": "糖尿病"}


async def test_a_leaflet_comes_with_its_sources(gemini: genai.client.AsyncClient):
    search = [types.Tool(google_search=types.GoogleSearch())]
    answer = await ask(gemini, LEAFLET, tools=search)
    candidate = (answer.candidates or [])[0]
    grounding = candidate.grounding_metadata
    assert grounding is not None
    pages = [chunk.web for chunk in grounding.grounding_chunks or []]
    assert (answer.text or "").startswith("認識糖尿病")
    assert all(page and page.title and page.uri for page in pages)
    assert len(pages) >= 2
    assert candidate.finish_reason == types.FinishReason.STOP
    assert answer.model_version == f"{MODEL}-sandbox"
    assert answer.usage_metadata is not None
    assert answer.usage_metadata.total_token_count


async def test_a_sentence_comes_back_in_the_asked_shape(gemini: genai.client.AsyncClient):
    task = {"task": "interpret", "text": "您有發燒嗎？", "language": "越南文"}
    answer = await ask(
        gemini, task, response_mime_type="application/json", response_schema=Interpretation
    )
    assert answer.parsed == Interpretation(
        direction="from_chinese",
        plain_chinese="您有發燒嗎？",
        translation="Bạn có sốt không?",
    )


async def test_a_missing_key_is_refused_as_google_does(sandbox: Sandbox):
    answer = await sandbox.http.post(f"/v1beta/models/{MODEL}:generateContent", json={})
    assert answer.status_code == 403
    assert answer.json()["error"]["status"] == "PERMISSION_DENIED"


@pytest.mark.parametrize("body", [b"{", b"{}", b'{"contents": []}', b"[1]"])
async def test_a_body_without_contents_is_an_invalid_argument(sandbox: Sandbox, body: bytes):
    path, headers = f"/v1beta/models/{MODEL}:generateContent", {"x-goog-api-key": "k"}
    answer = await sandbox.http.post(path, content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"


@pytest.mark.parametrize(("status", "kind"), [(429, errors.ClientError), (503, errors.ServerError)])
async def test_an_error_has_googles_shape(
    sandbox: Sandbox, gemini: genai.client.AsyncClient, status: int, kind: type[errors.APIError]
):
    await sandbox.break_("gemini", f"status:{status}")
    with pytest.raises(kind) as failure:
        await ask(gemini, LEAFLET)
    assert failure.value.code == status
    assert (await ask(gemini, LEAFLET)).text


@pytest.mark.parametrize(
    ("mode", "ending"),
    [("blocked", types.FinishReason.SAFETY), ("empty", types.FinishReason.STOP)],
)
async def test_an_answer_can_have_no_text(
    sandbox: Sandbox, gemini: genai.client.AsyncClient, mode: str, ending: types.FinishReason
):
    await sandbox.break_("gemini", mode)
    answer = await ask(gemini, LEAFLET)
    assert answer.text is None
    assert (answer.candidates or [])[0].finish_reason == ending


async def test_an_answer_can_be_cut(sandbox: Sandbox, gemini: genai.client.AsyncClient):
    await sandbox.break_("gemini", "truncated")
    answer = await ask(gemini, LEAFLET)
    assert (answer.candidates or [])[0].finish_reason == types.FinishReason.MAX_TOKENS


@pytest.mark.parametrize(
    ("mode", "failure"),
    [("html", json.JSONDecodeError), ("hang", TimeoutError), ("reset", OSError)],
)
async def test_the_line_to_the_model_can_fail(
    sandbox: Sandbox, gemini: genai.client.AsyncClient, mode: str, failure: type[Exception]
):
    await sandbox.break_("gemini", mode)
    with pytest.raises(failure):
        await ask(gemini, LEAFLET)


async def test_every_call_of_the_model_is_counted(
    sandbox: Sandbox, gemini: genai.client.AsyncClient
):
    await ask(gemini, LEAFLET)
    await ask(gemini, {"task": "interpret", "text": "痛", "language": "英文"})
    counted = (await sandbox.http.get("/sandbox/model-calls")).json()
    assert counted["by_task"] == {"leaflet": 1, "interpret": 1}
    assert counted["calls"][0]["topic"] == "糖尿病"


@pytest.mark.parametrize(("mode", "hint"), [("rate", "retryDelay"), ("quota", "PerDay")])
async def test_one_call_too_many_says_for_how_long(
    sandbox: Sandbox, gemini: genai.client.AsyncClient, mode: str, hint: str
):
    await sandbox.break_("gemini", mode)
    with pytest.raises(errors.ClientError) as failure:
        await ask(gemini, LEAFLET)
    assert failure.value.code == 429
    assert hint in json.dumps(failure.value.details)
