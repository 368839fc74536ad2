"""A Taigi service on a local port that says exactly what a test asks for."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from chassis.http import http_server

WAV = b"RIFF" + (36 + 8).to_bytes(4, "little") + b"WAVE" + bytes(40)
TLPA = "li2 ho2"


def romanised(text: str = TLPA) -> Response:
    """Return a romanisation."""
    return PlainTextResponse(text)


def spoken(wav: bytes = WAV) -> Response:
    """Return speech."""
    return Response(wav, media_type="audio/wav")


def failing(status: int) -> Response:
    """Return a failure."""
    return HTMLResponse("<html><body>Bad gateway</body></html>", status)


@dataclass
class TaigiServer:
    """Gives its answers in order, the last one for ever; None hangs."""

    url: str = ""
    answers: list[Response | None] = field(default_factory=list[Response | None])
    asked: list[tuple[str, dict[str, str]]] = field(
        default_factory=list[tuple[str, dict[str, str]]]
    )
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: Request) -> Response:
        self.asked.append((request.url.path, dict(request.query_params)))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            await self.released.wait()
            return Response(status_code=504)
        return answer


@asynccontextmanager
async def taigi_server() -> AsyncGenerator[TaigiServer]:
    """Yield a running TaigiServer."""
    server = TaigiServer()
    routes = [Route("/{path:path}", server.handle, methods=["GET"])]
    async with http_server(routes, host="127.0.0.1", port=0) as port:
        server.url = f"http://127.0.0.1:{port}"
        yield server
        server.released.set()
