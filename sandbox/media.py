"""What users send besides text: kept in memory, fetched by the bot as from LINE's data API."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import line_answers, misbehaviour
from sandbox.faults import status_of
from sandbox.identifiers import new_request_id
from sandbox.misbehaviour import Cut

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from sandbox.faults import Switchboard
    from sandbox.hearing import Transcripts
    from sandbox.misbehaviour import Lines

_MOST = 200
_STATES = {"ready": "succeeded", "preparing": "processing", "failed": "failed", "unsent": "failed"}
_GARBAGE = b"\0\1this is no sound\xff" * 20
# Whatever a user sent, the browser is to run none of it.
_UNTRUSTED = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
}
_LARGEST_BYTES = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Medium:
    """One voice message, picture or file; until `ready_at` LINE still prepares it."""

    state: str
    media_type: str
    content: bytes
    ready_at: float = 0.0

    def state_at(self, now: float) -> str:
        """Return how far LINE is with it."""
        return "preparing" if self.state == "ready" and now < self.ready_at else self.state


@dataclass(frozen=True, slots=True)
class Media:
    """LINE's data API over the media that were put here."""

    token: str
    faults: Switchboard
    lines: Lines
    transcripts: Transcripts
    clock: Callable[[], float]
    kept: OrderedDict[str, Medium] = field(default_factory=OrderedDict[str, Medium])

    def routes(self) -> list[Route]:
        """Return LINE's paths, and one to put media here and look at them."""
        content = "/v2/bot/message/{message_id}/content"
        return [
            Route(content, self._content, methods=["GET"]),
            Route(f"{content}/transcoding", self._transcoding, methods=["GET"]),
            Route("/sandbox/content/{message_id}", self._put, methods=["PUT"]),
            Route("/sandbox/content/{message_id}", self._look, methods=["GET"]),
        ]

    def keep(self, message_id: str, medium: Medium, transcript: str | None = None) -> None:
        """Take what a user sends; a transcript says what the stand-in of Gemini hears in it."""
        self.kept[message_id] = medium
        if transcript is not None:
            self.transcripts.keep(medium.content, transcript)
        while len(self.kept) > _MOST:
            self.kept.popitem(last=False)

    def unsend(self, message_id: str) -> None:
        """Let nobody have it any more."""
        medium = self.kept.get(message_id)
        if medium is not None:
            self.kept[message_id] = replace(medium, state="unsent", content=b"")

    def clear(self) -> None:
        """Forget everything."""
        self.kept.clear()
        self.transcripts.clear()

    async def _put(self, request: Request) -> Response:
        state, asked = request.query_params.get("state", "ready"), request.query_params
        if state not in _STATES:
            return JSONResponse({"error": f"state must be one of {', '.join(_STATES)}"}, 400)
        body = await request.body()
        if len(body) > _LARGEST_BYTES:
            return JSONResponse({"error": "it is larger than LINE takes"}, 413)
        medium = Medium(state, _kind(request), body, self._ready_at(asked.get("ready_in", "")))
        self.keep(str(request.path_params["message_id"]), medium, asked.get("transcript"))
        return JSONResponse({"state": state})

    def _ready_at(self, seconds: str) -> float:
        return self.clock() + float(seconds) if seconds.replace(".", "", 1).isdigit() else 0.0

    async def _look(self, request: Request) -> Response:
        medium = self.kept.get(str(request.path_params["message_id"]))
        if medium is None or medium.state == "unsent":
            return Response(status_code=404)
        return Response(medium.content, headers=_UNTRUSTED, media_type=medium.media_type)

    def _found(self, request: Request) -> Medium | Response:
        refused = line_answers.unauthorised(request, self.token)
        if refused is not None:
            return refused
        medium = self.kept.get(str(request.path_params["message_id"]))
        if medium is None:
            return line_answers.error(404, new_request_id())
        if medium.state == "unsent":
            return line_answers.error(410, new_request_id(), "Gone")
        return medium

    async def _content(self, request: Request) -> Response:
        medium = self._found(request)
        if isinstance(medium, Response):
            return medium
        if medium.state_at(self.clock()) != "ready":
            return line_answers.answer({}, new_request_id(), 202)
        mode = self.faults.take("content")
        return await self._failing(mode, request) or _sent(medium, mode)

    async def _failing(self, mode: str, request: Request) -> Response | None:
        status = status_of(mode)
        if status is not None:
            return line_answers.error(status, new_request_id())
        if mode == "hang":
            return await misbehaviour.hang(request, self.lines)
        if mode == "html":
            return misbehaviour.page()
        return Cut(self.lines) if mode == "reset" else None

    async def _transcoding(self, request: Request) -> Response:
        medium = self._found(request)
        if isinstance(medium, Response):
            return medium
        status = _STATES[medium.state_at(self.clock())]
        return line_answers.answer({"status": status}, new_request_id())


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "audio/m4a")


def _sent(medium: Medium, mode: str) -> Response:
    spoilt = {"garbage": _GARBAGE, "empty": b""}
    return Response(spoilt.get(mode, medium.content), media_type=medium.media_type)
