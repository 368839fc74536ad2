"""Gemini's API: fills any response schema with the tag found in the question, or fails as told."""

import asyncio
import base64
import json
import re
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from chassis.http import http_server
from tests.e2e.line_ledger import Json
from tests.e2e.moments import PATIENCE_SECONDS, elapse
from tests.e2e.voices import samples, tone

SPEECH_RATE = 24_000
SPOKEN_SECONDS = 1.5
PCM = f"audio/L16;codec=pcm;rate={SPEECH_RATE}"
KEY = "gemini-api-key-canary"
APIS = ("v1", "v1beta")
SOURCE = {"uri": "https://www.who.int/", "title": "世界衛生組織"}
STATUSES = {"429": "RESOURCE_EXHAUSTED", "500": "INTERNAL", "503": "UNAVAILABLE"}
_TAG = re.compile(r"tag-\w+")


@dataclass(frozen=True, slots=True)
class Call:
    """One question to the model."""

    tag: str
    text: str
    model: str
    structured: bool
    speaking: bool = False


class Gemini:
    """The stand-in: slow by `latency` and held while `held`; `faults` happen to a tag's questions.

    A fault happens once for each time it stands in the list; a string stands for ever.
    """

    def __init__(self) -> None:
        """Answer at once."""
        self.latency = 0.0
        self.voice = "audio/wav"
        self.faults: dict[str, str | list[str]] = {}
        self.calls: list[Call] = []
        self.called_at: list[float] = []
        self.refused: list[str] = []
        self.working = 0
        self.url = ""
        self._free = asyncio.Event()
        self._free.set()
        self.closing = asyncio.Event()

    def hold(self) -> None:
        """Keep every question waiting until `release`."""
        self._free.clear()

    def release(self) -> None:
        """Answer all that wait."""
        self._free.set()

    def about(self, tag: str) -> list[Call]:
        """Return the questions that held a tag."""
        return [call for call in self.calls if call.tag == tag]

    def routes(self) -> list[Route]:
        """Return the paths; a call of any other is remembered."""
        return [
            *(Route(f"/{each}/models/{{call}}", self._generate, methods=["POST"]) for each in APIS),
            Route("/{path:path}", self._strange, methods=["GET", "POST"]),
        ]

    async def _generate(self, request: Request) -> Response:
        model, _, method = str(request.path_params["call"]).partition(":")
        if method != "generateContent" or request.headers.get("x-goog-api-key") != KEY:
            return await self._strange(request)
        body = await request.json()
        call = _call(model, body)
        self.calls.append(call)
        self.called_at.append(time.monotonic())
        self.working += 1
        try:
            await self._free.wait()
            await elapse(self.latency)
        finally:
            self.working -= 1
        return await self._answer(call, body)

    async def _answer(self, call: Call, body: Json) -> Response:
        match self._fault(call.tag):
            case "":
                if call.speaking:
                    return JSONResponse(_spoken(self.voice))
                return JSONResponse(_said(_filled(call, body), grounded=not call.structured))
            case "hang":
                await elapse(PATIENCE_SECONDS, unless=self.closing)
                return Response(status_code=504)
            case "html":
                return HTMLResponse("<html>Bad gateway</html>")
            case "blocked":
                return JSONResponse({"promptFeedback": {"blockReason": "SAFETY"}})
            case "withheld":
                return JSONResponse(_said("", finish="SAFETY"))
            case "empty":
                return JSONResponse(_said(""))
            case "malformed":
                return JSONResponse(_said("Of course! Here is what you asked for:"))
            case "truncated":
                return JSONResponse(_said('{"direction": "from_ch', finish="MAX_TOKENS"))
            case status:
                return _error(status)

    def _fault(self, tag: str) -> str:
        planned = self.faults.get(tag, "")
        if isinstance(planned, str):
            return planned
        return planned.pop(0) if planned else ""

    async def _strange(self, request: Request) -> Response:
        self.refused.append(f"{request.method} {request.url.path}")
        return _error("403")


def _call(model: str, body: Json) -> Call:
    parts = body["contents"][-1]["parts"]
    text = "".join(str(part.get("text", "")) for part in parts)
    found = _TAG.search(text + "".join(map(_heard, parts)))
    config = body.get("generationConfig", {})
    structured = config.get("responseMimeType") == "application/json"
    speaking = config.get("responseModalities") == ["AUDIO"]
    return Call(found.group() if found else "", text, model, structured, speaking)


def _heard(part: Json) -> str:
    """Return the bytes of a recording as letters: a tag stands among them."""
    data: str = part.get("inlineData", {}).get("data", "")
    return base64.b64decode(data).decode("latin-1")


def _spoken(kind: str) -> Json:
    """Return speech as a model of one generation or the other gives it."""
    sound = tone(SPOKEN_SECONDS, SPEECH_RATE)
    if kind != "audio/wav":
        sound = samples(SPOKEN_SECONDS, SPEECH_RATE)
    part = {"inlineData": {"mimeType": kind, "data": base64.b64encode(sound).decode()}}
    content = {"role": "model", "parts": [part]}
    usage = {"promptTokenCount": 9, "candidatesTokenCount": 9, "totalTokenCount": 18}
    return {
        "candidates": [{"content": content, "finishReason": "STOP", "index": 0}],
        "usageMetadata": usage,
        "modelVersion": "e2e-speech-1",
    }


def _filled(call: Call, body: Json) -> str:
    if not call.structured:
        return f"衛教單張 {call.tag}\n\n• 多喝水\n• 規律運動\n\n何時就醫：症狀加重時。"
    config = body["generationConfig"]
    schema = config.get("responseSchema") or config.get("responseJsonSchema")
    return json.dumps(_value(schema, "", call.tag), ensure_ascii=False)


def _value(schema: Json, name: str, tag: str) -> Any:
    match str(schema.get("type", "")).lower():
        case "object":
            return {key: _value(each, key, tag) for key, each in schema["properties"].items()}
        case "array":
            return [_value(schema.get("items", {}), name, tag)]
        case "integer" | "number":
            return 1
        case "boolean":
            return True
        case _:
            return schema["enum"][0] if schema.get("enum") else f"{name} {tag}"


def _said(text: str, *, finish: str = "STOP", grounded: bool = False) -> Json:
    content = {"role": "model", "parts": [{"text": text}] if text else []}
    candidate: Json = {"content": content, "finishReason": finish, "index": 0}
    if grounded:
        candidate["groundingMetadata"] = {"groundingChunks": [{"web": SOURCE}]}
    usage = {"promptTokenCount": 9, "candidatesTokenCount": 9, "totalTokenCount": 18}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "e2e-model-1"}


def _error(code: str) -> Response:
    status = STATUSES.get(code, "PERMISSION_DENIED")
    error = {"code": int(code), "message": f"{status}: key {KEY}", "status": status}
    return JSONResponse({"error": error}, int(code))


@asynccontextmanager
async def served_gemini() -> AsyncGenerator[Gemini]:
    """Serve the stand-in on a free port."""
    gemini = Gemini()
    async with http_server(gemini.routes(), host="127.0.0.1", port=0) as port:
        gemini.url = f"http://127.0.0.1:{port}"
        yield gemini
        gemini.closing.set()
