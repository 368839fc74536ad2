"""Gemini's API: generateContent, answered from the sandbox's own library and with its own sound."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox import gemini_answers, misbehaviour
from sandbox.answers import answer
from sandbox.faults import status_of
from sandbox.gemini_speech import speech_fault, spoken
from sandbox.misbehaviour import Cut
from sandbox.questions import QuestionRefused, read_question

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from sandbox.faults import Switchboard
    from sandbox.hearing import Transcripts
    from sandbox.library import Library
    from sandbox.misbehaviour import Lines
    from sandbox.questions import Question
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
    transcripts: Transcripts
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
            question = read_question(model, await request.body())
        except QuestionRefused as refusal:
            return gemini_answers.error(400, str(refusal))
        fault = speech_fault(question)
        if fault is not None:
            return gemini_answers.error(400, fault)
        return await self._answered(request, question)

    async def _answered(self, request: Request, question: Question) -> Response:
        mode = self._mode(question)
        self.calls.note({**self._noted(question), "mode": mode, "time": self.clock()})
        if mode == "hang":
            return await misbehaviour.hang(request, self.lines)
        if self.calls.seconds > 0:
            await asyncio.sleep(self.calls.seconds)
        status = status_of(mode)
        if status is not None:
            return gemini_answers.error(status)
        if mode in {"rate", "quota"}:
            return gemini_answers.exhausted(until_tomorrow=mode == "quota")
        if mode in {"html", "reset"}:
            return misbehaviour.page() if mode == "html" else Cut(self.lines)
        return JSONResponse(self._content(mode, question))

    def _mode(self, question: Question) -> str:
        """Return how this call fails: in its own kind, or as all calls of the model."""
        mode = "ok"
        if question.speaks:
            mode = self.faults.take("tts")
        elif question.recordings:
            mode = self.faults.take("stt")
        return self.faults.take("gemini") if mode == "ok" else mode

    def _noted(self, question: Question) -> JsonObject:
        task: JsonObject = {"task": "unknown", **question.task, "model": question.model}
        if question.recordings:
            task |= {"mime_types": question.mime_types, "bytes": sum(map(len, question.recordings))}
        return task

    def _content(self, mode: str, question: Question) -> JsonObject:
        model, prompt = question.model, question.prompt
        if mode == "blocked":
            return gemini_answers.blocked(model, prompt)
        if mode == "empty":
            return gemini_answers.empty(model, prompt)
        if question.speaks:
            return spoken(question, mode)
        said = answer({**question.task, **self._heard(question)}, self.library)
        content = gemini_answers.generated(said, model, prompt, question.config)
        return gemini_answers.truncated(content) if mode == "truncated" else content

    def _heard(self, question: Question) -> JsonObject:
        words = [self.transcripts.heard(each, self.library) for each in question.recordings]
        return {"heard": "\n".join(words)} if words else {}


def _key(request: Request) -> str:
    return request.headers.get("x-goog-api-key") or request.query_params.get("key", "")
