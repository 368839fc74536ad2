"""`GET /audio/{name}` and `/export/{name}`: objects for whoever holds a link to one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from chassis import clock, metrics
from chassis.errors import Unavailable
from chassis.links import Links
from chassis.objects.port import Stored
from services.gateway.opened import Opened
from services.gateway.ranges import RangeRefused, wanted

SAFE = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
METHODS = ("GET", "HEAD")
WHOLE, PART, NOTHING_THERE = 200, 206, 416
RETRY_AFTER_SECONDS = "5"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a route serves: a folder of the store, in one form."""

    name: str
    folder: str
    content_type: str
    disposition: str


AUDIO = Kind("audio", "tts_audio/", "audio/mp4", "inline")
EXPORT = Kind(
    "export", "export/", "application/json", 'attachment; filename="mededbot-export.json"'
)
KINDS = (AUDIO, EXPORT)


class Downloads:
    """The ASGI application behind one kind's route.

    Whatever is no good link, to an object that is there, gets the same 404; the store is only
    asked for what a link of ours leads to.
    """

    def __init__(
        self,
        kind: Kind,
        links: Links,
        opened: Opened,
        *,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        """Serve what `links` lead to."""
        self._kind = kind
        self._links = links
        self._opened = opened
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        outcome, response = await self._answered(Request(scope))
        metrics.DOWNLOADS.labels(kind=self._kind.name, outcome=outcome).inc()
        response.headers.update(SAFE)
        await response(scope, receive, send)

    async def _answered(self, request: Request) -> tuple[str, Response]:
        if request.method not in METHODS:
            return "wrong_method", PlainTextResponse(
                "Method Not Allowed", 405, {"Allow": ", ".join(METHODS)}
            )
        key = self._links.verify(request.path_params["name"], self._now())
        if key is None or not key.startswith(self._kind.folder):
            return "refused", _not_found()
        try:
            stored = await self._opened.get(key)
        except Unavailable:
            headers = {"Retry-After": RETRY_AFTER_SECONDS}
            return "unavailable", PlainTextResponse("Service Unavailable", 503, headers)
        return ("missing", _not_found()) if stored is None else self._served(request, stored)

    def _served(self, request: Request, stored: Stored) -> tuple[str, Response]:
        data = stored.data
        # Only GET has ranges; and with If-Range all is sent, for nothing here has a validator.
        asked = request.headers.get("range") if request.method == "GET" else None
        try:
            part = wanted(None if "if-range" in request.headers else asked, len(data))
        except RangeRefused:
            headers = {"Content-Range": f"bytes */{len(data)}", "Accept-Ranges": "bytes"}
            return "out_of_range", Response(status_code=NOTHING_THERE, headers=headers)
        if part is None:
            return "served", self._response(data, WHOLE, {})
        span = {"Content-Range": f"bytes {part.first}-{part.last}/{len(data)}"}
        return "part", self._response(data[part.first : part.last + 1], PART, span)

    def _response(self, data: bytes, status: int, headers: dict[str, str]) -> Response:
        return Response(
            data,
            status,
            {
                "Accept-Ranges": "bytes",
                "Content-Type": self._kind.content_type,
                "Content-Disposition": self._kind.disposition,
                **headers,
            },
        )


def _not_found() -> Response:
    # Word for word what a path gets that no route has.
    return PlainTextResponse("Not Found", 404)
