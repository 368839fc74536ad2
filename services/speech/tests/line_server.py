"""LINE's data API on a local port, as a test wants it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

TOKEN = "canary-token-40417"


@dataclass
class LineServer:
    """Gives its answers in order, the last one for ever: a status, "reset" or "hang".

    `states` are what transcoding says, in order, the last one for ever.
    """

    url: str = ""
    content: bytes = b"\0\0\0\x1cftypM4A "
    kind: str = "audio/x-m4a"
    answers: list[int | str] = field(default_factory=lambda: [200])
    states: list[str] = field(default_factory=lambda: ["succeeded"])
    paths: list[str] = field(default_factory=list[str])
    tokens: set[str] = field(default_factory=set[str])
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def give(self, request: web.Request) -> web.StreamResponse:
        answer = await self._next(request)
        if answer == "endless":
            return await self._endless(request)
        body = self.content if answer == 200 else b'{"message": "no"}'
        return web.Response(body=body, status=int(answer), content_type=self.kind)

    async def tell(self, request: web.Request) -> web.StreamResponse:
        self.paths.append(request.raw_path)
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if state == "page":
            return web.Response(text="<html>", content_type="text/html")
        return web.json_response({"status": state})

    async def _next(self, request: web.Request) -> int | str:
        self.paths.append(request.raw_path)
        self.tokens.add(request.headers.get("authorization", ""))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer == "reset" and request.transport is not None:
            request.transport.abort()
            return 500
        if answer == "hang":
            await self.released.wait()
            return 504
        return answer

    async def _endless(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while not self.released.is_set() and request.transport is not None:
            await response.write(bytes(64 * 1024))
        return response


@asynccontextmanager
async def line_server() -> AsyncGenerator[LineServer]:
    """Yield a running LineServer."""
    server = LineServer()
    app = web.Application()
    content = "/v2/bot/message/{message}/content"
    app.router.add_get(content, server.give)
    app.router.add_get(f"{content}/transcoding", server.tell)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        server.released.set()
        await runner.cleanup()
