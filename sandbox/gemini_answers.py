"""Gemini's answers, in Google's shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from starlette.responses import JSONResponse

from sandbox.identifiers import new_token
from sandbox.shapes import as_object, as_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from sandbox.answers import Answer
    from sandbox.library import Reference
    from sandbox.shapes import JsonObject

_STATUSES = {
    400: ("INVALID_ARGUMENT", "Request contains an invalid argument."),
    403: (
        "PERMISSION_DENIED",
        "Method doesn't allow unregistered callers. Please use an API key.",
    ),
    404: ("NOT_FOUND", "The model or the method is not found."),
    429: ("RESOURCE_EXHAUSTED", "You exceeded your current quota."),
    500: ("INTERNAL", "An internal error has occurred."),
    503: ("UNAVAILABLE", "The model is overloaded. Please try again later."),
    504: ("DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
}
_TYPES = "type.googleapis.com/google.rpc"
_SAFETY = [{"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH", "blocked": True}]


_RATE = "GenerateRequestsPerMinutePerProjectPerModel"
_QUOTA = "GenerateRequestsPerDayPerProjectPerModel"
_RETRY_AFTER = "1s"


def error(code: int, message: str | None = None, details: Sequence[JsonObject] = ()) -> Response:
    """Return Google's error answer for a status."""
    status, default = _STATUSES.get(code, ("UNKNOWN", "Unknown error."))
    about = {"@type": f"{_TYPES}.ErrorInfo", "reason": status, "domain": "googleapis.com"}
    body = {"code": code, "message": message or default, "status": status}
    return JSONResponse({"error": {**body, "details": [about, *details]}}, code)


def exhausted(*, until_tomorrow: bool) -> Response:
    """Return Google's answer to one call too many, of this minute or of this day."""
    quota = {"quotaId": _QUOTA if until_tomorrow else _RATE, "quotaValue": "30"}
    details: list[JsonObject] = [{"@type": f"{_TYPES}.QuotaFailure", "violations": [quota]}]
    if not until_tomorrow:
        details.append({"@type": f"{_TYPES}.RetryInfo", "retryDelay": _RETRY_AFTER})
    return error(429, details=details)


def generated(answer: Answer, model: str, prompt: str, config: JsonObject) -> JsonObject:
    """Return a complete answer of generateContent."""
    text = _written(answer, config)
    candidate: JsonObject = {
        "content": {"parts": [{"text": text}], "role": "model"},
        "finishReason": "STOP",
        "index": 0,
    }
    if answer.references:
        candidate["groundingMetadata"] = _grounding(text, answer.references)
    return _response([candidate], model, prompt, text)


def blocked(model: str, prompt: str) -> JsonObject:
    """Return an answer that the safety filter has stopped: no content at all."""
    candidate = {"finishReason": "SAFETY", "index": 0, "safetyRatings": _SAFETY}
    return _response([candidate], model, prompt, "")


def empty(model: str, prompt: str) -> JsonObject:
    """Return an answer that ended well and says nothing."""
    candidate = {"content": {"role": "model"}, "finishReason": "STOP", "index": 0}
    return _response([candidate], model, prompt, "")


def truncated(response: JsonObject) -> JsonObject:
    """Return the same answer cut in half for want of tokens."""
    candidate = response["candidates"][0]
    part = candidate["content"]["parts"][0]
    part["text"] = part["text"][: len(part["text"]) // 2]
    candidate["finishReason"] = "MAX_TOKENS"
    return response


def _written(answer: Answer, config: JsonObject) -> str:
    schema = as_object(config.get("responseJsonSchema") or config.get("responseSchema"))
    if config.get("responseMimeType") != "application/json":
        return answer.text or orjson.dumps(answer.fields).decode()
    fields = answer.fields or {}
    value = filled(schema, fields, answer.text) if schema else fields or answer.text
    return orjson.dumps(value).decode()


def filled(schema: JsonObject, fields: JsonObject, text: str) -> object:
    """Return a value of the schema: known fields by name, the text for the other strings."""
    properties = as_object(schema.get("properties"))
    if properties:
        return {
            name: fields[name] if name in fields else filled(as_object(part), {}, text)
            for name, part in properties.items()
        }
    choices = schema.get("enum")
    if choices:
        return choices[0]
    blanks: dict[str, Any] = {
        "array": [],
        "object": {},
        "number": 0,
        "integer": 0,
        "boolean": False,
    }
    return blanks.get(as_text(schema.get("type")).lower(), text)


def _grounding(text: str, references: tuple[Reference, ...]) -> JsonObject:
    first_line = text.splitlines()[0]
    segment = {"endIndex": len(first_line.encode()), "text": first_line}
    chunks = [{"web": {"uri": page.uri, "title": page.title}} for page in references]
    indices = list(range(len(chunks)))
    return {
        "webSearchQueries": [first_line],
        "groundingChunks": chunks,
        "groundingSupports": [
            {
                "segment": segment,
                "groundingChunkIndices": indices,
                "confidenceScores": [0.9 for _ in indices],
            }
        ],
        "searchEntryPoint": {"renderedContent": "<div>MedEdBot sandbox</div>"},
    }


def _response(candidates: list[JsonObject], model: str, prompt: str, text: str) -> JsonObject:
    asked, said = _tokens(prompt), _tokens(text)
    return {
        "candidates": candidates,
        "usageMetadata": {
            "promptTokenCount": asked,
            "candidatesTokenCount": said,
            "totalTokenCount": asked + said,
        },
        "modelVersion": f"{model}-sandbox",
        "responseId": new_token(),
    }


def _tokens(text: str) -> int:
    # About three bytes of UTF-8 make a token: near enough for meters to move.
    return len(text.encode()) // 3
