"""Voice messages, pictures and files of the sandbox's users: bytes and event in one request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import Response
from starlette.routing import Route

from sandbox.courier import TooManyWebhooks
from sandbox.identifiers import new_message_id
from sandbox.media import Medium

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.courier import Courier
    from sandbox.media import Media
    from sandbox.shapes import JsonObject

_LARGEST_BYTES = 20 * 1024 * 1024
_USUAL_TYPES = {"audio": "audio/x-m4a", "image": "image/jpeg", "video": "video/mp4"}


class Showing(BaseModel):
    """What a user sends besides text; the request's body is its bytes."""

    model_config = ConfigDict(extra="forbid")

    user: str = Field(min_length=1, max_length=100)
    kind: Literal["audio", "image", "video", "file"]
    # Milliseconds, as the phone has measured it.
    duration: int | None = Field(default=None, ge=0, le=24 * 60 * 60 * 1000)
    name: str = Field(default="", max_length=200)
    # What is said in it: the stand-in of Gemini understands no speech.
    transcript: str | None = Field(default=None, max_length=5000)
    # Seconds until LINE has prepared it.
    ready_in: float = Field(default=0, ge=0, le=600)
    # What another site holds can't be fetched from LINE.
    provider: Literal["line", "external"] = "line"


@dataclass(frozen=True, slots=True)
class Senders:
    """The route by which users send media."""

    courier: Courier
    media: Media

    def routes(self) -> list[Route]:
        """Return the path."""
        return [Route("/sandbox/media", self._send, methods=["POST"])]

    async def _send(self, request: Request) -> Response:
        content = await request.body()
        try:
            wish = Showing.model_validate(dict(request.query_params))
        except ValidationError as fault:
            places = ", ".join(str(error["loc"][0]) for error in fault.errors())
            return _json({"error": f"the request is not understood: {places}"}, 400)
        if not 0 < len(content) <= _LARGEST_BYTES:
            return _json({"error": f"a body of 1 to {_LARGEST_BYTES} bytes is needed"}, 400)
        media_type = request.headers.get("content-type") or _USUAL_TYPES.get(wish.kind, "")
        return await self._sent(wish, media_type, content)

    async def _sent(self, wish: Showing, media_type: str, content: bytes) -> Response:
        message_id = new_message_id()
        if wish.provider == "line":
            ready_at = self.media.clock() + wish.ready_in
            medium = Medium("ready", media_type, content, ready_at)
            self.media.keep(message_id, medium, wish.transcript)
        message = _message(wish, message_id, len(content))
        try:
            sent = await self.courier.send(wish.user, "", {"message": message})
        except TooManyWebhooks:
            return _json({"error": "too many webhooks are under way"}, 429)
        return _json({**sent, "messageId": message_id})


def _message(wish: Showing, message_id: str, size: int) -> JsonObject:
    message: JsonObject = {"type": wish.kind, "id": message_id}
    if wish.kind == "file":
        return message | {"fileName": wish.name or "file", "fileSize": size}
    provider: JsonObject = {"type": wish.provider}
    if wish.provider == "external":
        provider["originalContentUrl"] = f"https://media.example/{message_id}"
    if wish.duration is not None:
        message["duration"] = wish.duration
    return message | {"contentProvider": provider}


def _json(body: JsonObject, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
