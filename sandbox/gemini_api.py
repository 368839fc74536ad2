"""Gemini's API: generateContent, answered from the sandbox's own library."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox import gemini_answers, misbehaviour
from sandbox.answers import answer
from sandbox.faults import status_of
from sandbox.misbehaviour import Cut
from sandbox.shapes import as_list, as_object, as_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from sandbox.faults import Switchboard
    from sandbox.library import Library
    from sandbox.misbehaviour import Lines
    from sandbox.shapes import JsonObject

_CALLS = 20_000
# google-genai 3 asks for v1 unless it is told otherwise; older ones for v1beta.
_VERSIONS = ("v1beta", "v1", "v1alpha")


@dataclass(slots=True)
class ModelCalls:
    """Every call of the model, counted by task."""

    seconds: float
    calls: deque[JsonObject] = field(default_factory=lambda: deque(maxlen=_CALLS))
    by_task: Counter[str] = field(default_factory=Counter[str])

    def note(self, call: JsonObject) -> None:
        """Count one call."""
        self.calls.append(call)
        self.by_task[str(call["task"])] += 1

    def clear(self) -> None:
        """Begin to count anew."""
        self.calls.clear()
        self.by_task.clear()


@dataclass(frozen=True, slots=True)
class GeminiApi:
    """Gemini as google-genai sees it."""

    library: Library
    faults: Switchboard
    calls: ModelCalls
    lines: Lines
    clock: Callable[[], float]

    def routes(self) -> list[Route]:
        """Return the paths, equal to Google's own in every version of the API."""
        return [
            route
            for version in _VERSIONS
            for route in (
                Route(f"/{version}/models/{{call}}", self._model, methods=["GET"]),
                Route(f"/{version}/models/{{call}}", self._generate, methods=["POST"]),
            )
        ]

    async def _model(self, request: Request) -> Response:
        if not _key(request):
            return gemini_answers.error(403)
        name = f"models/{request.path_params['call']}"
        methods = ["generateContent"]
        return JSONResponse({"name": name, "supportedGenerationMethods": methods})

    async def _generate(self, request: Request) -> Response:
        model, _, method = str(request.path_params["call"]).partition(":")
        if not _key(request):
            return gemini_answers.error(403)
        if method != "generateContent" or not model:
            return gemini_answers.error(404)
        try:
            body = as_object(orjson.loads(await request.body()))
        except orjson.JSONDecodeError:
            return gemini_answers.error(400, "Invalid JSON payload received.")
        prompt = _prompt(body)
        if not prompt:
            return gemini_answers.error(400, "contents are required.")
        return await self._answered(request, model, prompt, body)

    async def _answered(
        self, request: Request, model: str, prompt: str, body: JsonObject
    ) -> Response:
        mode, task = self.faults.take("gemini"), _task(prompt)
        self.calls.note(
            {**task, "task": task.get("task", "unknown"), **self._circumstances(model, mode)}
        )
        if mode == "hang":
            return await misbehaviour.hang(request, self.lines)
        if self.calls.seconds > 0:
            await asyncio.sleep(self.calls.seconds)
        status = status_of(mode)
        if status is not None:
            return gemini_answers.error(status)
        if mode in {"html", "reset"}:
            return misbehaviour.page() if mode == "html" else Cut(self.lines)
        return JSONResponse(self._content(mode, model, prompt, body))

    def _circumstances(self, model: str, mode: str) -> JsonObject:
        return {"model": model, "mode": mode, "time": self.clock()}

    def _content(self, mode: str, model: str, prompt: str, body: JsonObject) -> JsonObject:
        if mode == "blocked":
            return gemini_answers.blocked(model, prompt)
        if mode == "empty":
            return gemini_answers.empty(model, prompt)
        config = as_object(body.get("generationConfig"))
        said = answer(_task(prompt), self.library)
        content = gemini_answers.generated(said, model, prompt, config)
        return gemini_answers.truncated(content) if mode == "truncated" else content


def _key(request: Request) -> str:
    return request.headers.get("x-goog-api-key") or request.query_params.get("key", "")


def _prompt(body: JsonObject) -> str:
    """Return the text of the last content, which is the user's."""
    contents = [as_object(content) for content in as_list(body.get("contents"))]
    parts = as_list(contents[-1].get("parts")) if contents else []
    return "".join(as_text(as_object(part).get("text")) for part in parts)


def _task(prompt: str) -> JsonObject:
    try:
        return as_object(orjson.loads(prompt))
    except orjson.JSONDecodeError:
        return {}
