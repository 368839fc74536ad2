"""A LINE on a local port that misbehaves in every way a test asks for."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

SENT = {"sentMessages": [{"id": "m1", "quoteToken": "q1"}]}


@dataclass
class LineServer:
    """What LINE was asked, and how it behaves: `reset`, `hang`, or the given answer.

    What it `knows` lies under paths.
    """

    url: str = ""
    behaves: str = "answers"
    status: int = 200
    body: bytes | None = None
    charset: str | None = None
    requests: list[tuple[str, dict[str, str], Any]] = field(
        default_factory=list[tuple[str, dict[str, str], Any]]
    )
    knows: dict[str, Any] = field(default_factory=dict[str, Any])
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else None
        self.requests.append((request.path, dict(request.headers), body))
        if self.behaves == "reset" and request.transport is not None:
            request.transport.abort()
        if self.behaves == "hang":
            await self.released.wait()
        if request.path in self.knows:
            return web.json_response(self.knows[request.path])
        if self.body is None:
            return web.json_response(SENT, status=self.status)
        return web.Response(
            body=self.body,
            status=self.status,
            content_type="application/json",
            charset=self.charset,
        )


@asynccontextmanager
async def line_server() -> AsyncGenerator[LineServer]:
    """Yield a running LineServer."""
    server = LineServer()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        server.released.set()
        await runner.cleanup()
