"""One served sandbox for all tests here."""

from collections.abc import AsyncGenerator

import httpx
import pytest
from google import genai
from google.genai import types
from linebot.v3.messaging import AsyncApiClient, AsyncMessagingApi, Configuration
from playwright.async_api import Browser, Page, async_playwright

from sandbox.app import create
from sandbox.post_office import serving_mail
from sandbox.server import listening
from sandbox.tests.served import CHROMIUM, SETTINGS, TOKEN, BotServer, Sandbox

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]


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


@pytest.fixture(scope="session")
async def browser() -> AsyncGenerator[Browser]:
    """Run one Chromium with a microphone that hears a beep every second."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        await chromium.close()


@pytest.fixture
async def page(sandbox: Sandbox, browser: Browser) -> AsyncGenerator[Page]:
    """Give a test the page on a new phone; nothing may go wrong on it."""
    phone = await browser.new_page(viewport={"width": 390, "height": 844})
    faults: list[str] = []
    phone.on("pageerror", lambda fault: faults.append(str(fault)))
    phone.on("console", lambda line: faults.append(line.text))
    await phone.goto(f"{sandbox.url}/?user=阿明")
    yield phone
    await phone.close()
    assert faults == []
