"""How a faulty upstream looks from outside: hanging, resets, pages instead of JSON."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, Response

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

_LONGEST_HANG_SECONDS = 600.0
_PAGE = "<!doctype html><title>Bad gateway</title><h1>The server had a hiccup.</h1>"
# Linger on with zero seconds makes the kernel send RST instead of FIN.
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Lines:
    """The open connections, so that one can be cut."""

    def __init__(self) -> None:
        """Begin with none; the server's protocol adds and removes them."""
        self.open: MutableMapping[tuple[str, int], asyncio.Transport] = {}
        self.closing = asyncio.Event()

    def cut(self, client: tuple[str, int]) -> bool:
        """Reset the connection of this client; False when it is not ours."""
        transport = self.open.get(client)
        if transport is None:
            return False
        line: socket.socket = transport.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        transport.abort()
        return True


class Cut(Response):
    """An answer that is none: the connection is reset."""

    def __init__(self, lines: Lines) -> None:
        """Remember where the connections are."""
        super().__init__(status_code=502)
        self._lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reset the connection, or answer 502 where the server does not let us."""
        host, port = scope.get("client") or ("", 0)
        if self._lines.cut((host, port)):
            await receive()
        else:
            await super().__call__(scope, receive, send)


def page() -> Response:
    """Return what a proxy in trouble answers: a page, and status 200."""
    return HTMLResponse(_PAGE)


async def hang(request: Request, lines: Lines) -> Response:
    """Return only when the client has given up or the sandbox goes down."""
    gone = asyncio.ensure_future(_disconnected(request))
    closing = asyncio.ensure_future(lines.closing.wait())
    try:
        await asyncio.wait(
            {gone, closing},
            timeout=_LONGEST_HANG_SECONDS,
            return_when=asyncio.FIRST_COMPLETED,
        )
    finally:
        for waiting in (gone, closing):
            waiting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await waiting
    return Cut(lines)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
