"""Runs the app on a port: signals, a clean end, and lines that can be cut."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from typing import TYPE_CHECKING, Any, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from starlette.applications import Starlette

    from sandbox.ledger import Ledger
    from sandbox.misbehaviour import Lines

# A phone page polls for 25 s: let go of it at once, and give real work this long.
_GRACE_SECONDS = 2


class SandboxServer(uvicorn.Server):
    """A server that says when it is up, and frees whoever waits before it goes down."""

    def __init__(self, config: uvicorn.Config, lines: Lines, ledger: Ledger) -> None:
        """Remember who has to be freed."""
        super().__init__(config)
        self.up = asyncio.Event()
        self._lines = lines
        self._ledger = ledger

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self.up.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Free those who wait, then go down."""
        self._lines.closing.set()
        self._ledger.release()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave signals alone: serve() has its own handlers, tests have theirs."""
        yield


def _protocol(lines: Lines) -> type[asyncio.Protocol]:
    class CuttableProtocol(H11Protocol):
        """HTTP whose connection can be found by its client's address."""

        def connection_made(self, transport: asyncio.Transport) -> None:
            lines.open[transport.get_extra_info("peername")[:2]] = transport
            super().connection_made(transport)

        def connection_lost(self, exc: Exception | None) -> None:
            lines.open.pop(self.transport.get_extra_info("peername")[:2], None)
            super().connection_lost(exc)

    return CuttableProtocol


def _bound(host: str, port: int) -> socket.socket:
    bound = socket.create_server((host, port), backlog=2048)
    # asyncio does this only for sockets it has made; without it every answer takes 44 ms.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return bound


@contextlib.asynccontextmanager
async def listening(
    app: Starlette, host: str, port: int
) -> AsyncGenerator[tuple[SandboxServer, str]]:
    """Serve the app while the block runs; yields the server and its address."""
    parts: Any = app.state
    config = uvicorn.Config(
        app,
        http=cast("Any", _protocol(parts.lines)),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    server = SandboxServer(config, parts.lines, parts.ledger)
    bound = _bound(host, port)
    task = asyncio.create_task(server.serve([bound]))
    up = asyncio.create_task(server.up.wait())
    await asyncio.wait({task, up}, return_when=asyncio.FIRST_COMPLETED)
    try:
        yield server, f"http://{host}:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        up.cancel()
        await task
        bound.close()


async def until_stopped() -> None:
    """Return when the process is asked to end."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, asked.set)
    await asked.wait()
