"""What users send besides text: kept in memory, fetched by the bot as from LINE's data API."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import line_answers
from sandbox.identifiers import new_request_id

if TYPE_CHECKING:
    from starlette.requests import Request

_MOST = 200
_STATES = ("ready", "preparing", "failed", "unsent")


@dataclass(frozen=True, slots=True)
class Medium:
    """One voice message, picture or file."""

    state: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Media:
    """LINE's data API over the media that were put here."""

    token: str
    kept: OrderedDict[str, Medium] = field(default_factory=OrderedDict[str, Medium])

    def routes(self) -> list[Route]:
        """Return LINE's paths, and one to put media here."""
        content = "/v2/bot/message/{message_id}/content"
        return [
            Route(content, self._content, methods=["GET"]),
            Route(f"{content}/transcoding", self._transcoding, methods=["GET"]),
            Route("/sandbox/content/{message_id}", self._put, methods=["PUT"]),
        ]

    async def _put(self, request: Request) -> Response:
        state = request.query_params.get("state", "ready")
        if state not in _STATES:
            return JSONResponse({"error": f"state must be one of {', '.join(_STATES)}"}, 400)
        media_type = request.headers.get("content-type", "audio/m4a")
        medium = Medium(state, media_type, await request.body())
        self.kept[str(request.path_params["message_id"])] = medium
        while len(self.kept) > _MOST:
            self.kept.popitem(last=False)
        return JSONResponse({"state": state})

    def _found(self, request: Request) -> Medium | Response:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return line_answers.error(401, new_request_id())
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
        if medium.state == "preparing":
            return line_answers.answer({}, new_request_id(), 202)
        return Response(medium.content, media_type=medium.media_type)

    async def _transcoding(self, request: Request) -> Response:
        medium = self._found(request)
        if isinstance(medium, Response):
            return medium
        states = {"ready": "succeeded", "preparing": "processing", "failed": "failed"}
        return line_answers.answer({"status": states[medium.state]}, new_request_id())
