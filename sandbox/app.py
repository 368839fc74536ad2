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
from sandbox.hearing import Transcripts
from sandbox.journal import Journal
from sandbox.ledger import Ledger
from sandbox.line_api import LineApi
from sandbox.mails import Mailbox
from sandbox.media import Media
from sandbox.misbehaviour import Lines
from sandbox.post_office import PostOffice, serving_mail
from sandbox.profiles import Profiles
from sandbox.senders import Senders
from sandbox.server import listening, until_stopped
from sandbox.settings import SandboxSettings
from sandbox.taigi_api import TaigiApi


def create(settings: SandboxSettings, *, client: httpx.AsyncClient | None = None) -> Starlette:
    """Return the app: LINE, Gemini, Taigi, the control routes and the phone page on one port."""
    ledger, faults, lines = Ledger(Journal(settings.home)), Switchboard(), Lines()
    calls, token = ModelCalls(settings.gemini_seconds), settings.channel_access_token
    courier = Courier(settings, ledger, client or httpx.AsyncClient(trust_env=False))
    transcripts, profiles = Transcripts(), Profiles(token, ledger)
    media = Media(token, faults, lines, transcripts, ledger.clock)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        await ledger.restore()
        courier.resume()
        yield
        await courier.close()
        await ledger.close()

    parts = (
        LineApi(settings, ledger, faults, lines),
        profiles,
        media,
        GeminiApi(library.load(), transcripts, faults, calls, lines, ledger.clock),
        TaigiApi(faults, lines),
        Control(ledger, courier, faults, calls, media, profiles),
        Senders(courier, media),
        Mailbox(ledger),
        page.load(),
    )
    app = Starlette(routes=[route for part in parts for route in part.routes()], lifespan=lifespan)
    app.state.ledger, app.state.lines = ledger, lines
    app.state.office = PostOffice(ledger, faults)
    return app


async def serve(settings: SandboxSettings) -> None:
    """Serve until SIGTERM or SIGINT."""
    logs.configure()
    log = structlog.get_logger("sandbox")
    app = create(settings)
    async with (
        listening(app, settings.host, settings.port) as (_, address),
        serving_mail(app.state.office, settings.host, settings.smtp_port) as smtp_port,
    ):
        gateway = settings.gateway_url
        log.info("sandbox_ready", address=address, gateway=gateway, smtp_port=smtp_port)
        await until_stopped()
    log.info("sandbox_stopped")
