"""The HTTP side of every service: metrics and health, and the routes of its own."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from chassis.errors import StartupRefused
from chassis.health import Health

DRAIN_SECONDS = 3
LAST_WORDS_SECONDS = 0.25
"""Who was let in before the door closed has so long to say what for."""
MAX_CONNECTIONS = 800
"""A process may have 1,024 files open on most machines; past it uvicorn answers 503 itself."""


def health_routes(health: Health) -> list[BaseRoute]:
    """Return the routes every service has; none of them does I/O."""

    async def live(_: Request) -> Response:
        return PlainTextResponse("ok")

    async def ready(_: Request) -> Response:
        status = 200 if health.ready else 503
        return JSONResponse({"ready": health.ready, **health.parts}, status)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [
        Route("/health/live", live),
        Route("/health/ready", ready),
        Route("/health", ready),
        Route("/ping", live),
        Route("/metrics", metrics),
    ]


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the service decides when to stop."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@asynccontextmanager
async def http_server(routes: Sequence[BaseRoute], *, host: str, port: int) -> AsyncGenerator[int]:
    """Serve the routes and yield the port; drains for a moment at the end."""
    listening = _listen(host, port)
    config = uvicorn.Config(
        Starlette(routes=list(routes)),
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        timeout_keep_alive=75,
        limit_concurrency=MAX_CONNECTIONS,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]), name="http server")
    try:
        yield listening.getsockname()[1]
    finally:
        await _close_door(server)
        server.should_exit = True
        await asyncio.wait({task}, timeout=DRAIN_SECONDS + 1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        listening.close()


async def _close_door(server: uvicorn.Server) -> None:
    """Let nobody in any more, and hear out who is in: uvicorn alone would cut them off at once."""
    for each in server.servers if server.started else ():
        each.close()
    await asyncio.sleep(LAST_WORDS_SECONDS)


def _listen(host: str, port: int) -> socket.socket:
    # The protocol is named so that asyncio sets TCP_NODELAY on what it accepts: without it an
    # answer in two writes waits 40 ms for the first one's acknowledgement.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(1024)
    except OSError as error:
        listening.close()
        raise StartupRefused(f"Port {port} on {host} cannot be used: {error.strerror}.") from None
    return listening
