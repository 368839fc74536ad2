"""One served sandbox for all tests here."""

from collections.abc import AsyncGenerator

import httpx
import pytest
from google import genai
from google.genai import types
from linebot.v3.messaging import AsyncApiClient, AsyncMessagingApi, Configuration

from sandbox.app import create
from sandbox.post_office import serving_mail
from sandbox.server import listening
from sandbox.tests.served import SETTINGS, TOKEN, BotServer, Sandbox


@pytest.fixture(scope="session")
async def served_sandbox() -> AsyncGenerator[Sandbox]:
    """Serve one sandbox for the whole run."""
    bot = BotServer()
    app = create(SETTINGS, client=bot.client())
    async with (
        listening(app, "127.0.0.1", 0) as (_, url),
        serving_mail(app.state.office, "127.0.0.1", 0) as smtp_port,
        httpx.AsyncClient(base_url=url, trust_env=False) as http,
    ):
        yield Sandbox(url, http, bot, smtp_port)


@pytest.fixture
async def sandbox(served_sandbox: Sandbox) -> Sandbox:
    """Give a test the sandbox with nothing in it."""
    await served_sandbox.http.post("/sandbox/reset")
    served_sandbox.bot.statuses.clear()
    served_sandbox.bot.requests.clear()
    return served_sandbox


@pytest.fixture
async def gemini(sandbox: Sandbox) -> AsyncGenerator[genai.client.AsyncClient]:
    """Give a test Google's own client, pointed at the sandbox."""
    options = types.HttpOptions(
        base_url=sandbox.url,
        timeout=2000,
        retry_options=types.HttpRetryOptions(attempts=1),
    )
    client = genai.Client(api_key="a key", http_options=options)
    yield client.aio
    await client.aio.aclose()
    client.close()


@pytest.fixture
async def line(sandbox: Sandbox) -> AsyncGenerator[AsyncMessagingApi]:
    """Give a test LINE's own client, pointed at the sandbox."""
    async with AsyncApiClient(Configuration(host=sandbox.url, access_token=TOKEN)) as client:
        yield AsyncMessagingApi(client)
