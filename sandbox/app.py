"""The sandbox put together: create() for tests, serve() for a process of its own."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator

import httpx
import structlog
from starlette.applications import Starlette

from sandbox import library, logs, page
from sandbox.control import Control
from sandbox.courier import Courier
from sandbox.faults import Switchboard
from sandbox.gemini_api import GeminiApi, ModelCalls
from sandbox.journal import Journal
from sandbox.ledger import Ledger
from sandbox.line_api import LineApi
from sandbox.media import Media
from sandbox.misbehaviour import Lines
from sandbox.server import listening, until_stopped
from sandbox.settings import SandboxSettings


def create(settings: SandboxSettings, *, client: httpx.AsyncClient | None = None) -> Starlette:
    """Return the app: LINE, Gemini, the control routes and the phone page on one port."""
    ledger, faults, lines = Ledger(Journal(settings.home)), Switchboard(), Lines()
    calls = ModelCalls(settings.gemini_seconds)
    courier = Courier(settings, ledger, client or httpx.AsyncClient(trust_env=False))

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        await ledger.restore()
        courier.resume()
        yield
        await courier.close()
        await ledger.close()

    parts = (
        LineApi(settings, ledger, faults, lines),
        Media(settings.channel_access_token),
        GeminiApi(library.load(), faults, calls, lines, ledger.clock),
        Control(ledger, courier, faults, calls),
        page.load(),
    )
    app = Starlette(routes=[route for part in parts for route in part.routes()], lifespan=lifespan)
    app.state.ledger, app.state.lines = ledger, lines
    return app


async def serve(settings: SandboxSettings) -> None:
    """Serve until SIGTERM or SIGINT."""
    logs.configure()
    log = structlog.get_logger("sandbox")
    async with listening(create(settings), settings.host, settings.port) as (_, address):
        log.info("sandbox_ready", address=address, gateway=settings.gateway_url)
        await until_stopped()
    log.info("sandbox_stopped")
