"""Whole gateways on real servers."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
import httpx
import pytest

from chassis.database import open_pool
from chassis.errors import StartupRefused
from chassis.settings import load
from chassis.testing import Database, poll
from services.gateway.app import run
from services.gateway.settings import GatewaySettings
from services.gateway.tests.cable import Cable, cable_to
from services.gateway.tests.desk import PASSWORD, Desk, a_desk
from services.gateway.tests.line import SECRET
from services.gateway.tests.shelf import Shelf, shelf_on

Start = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def pool(postgres: Database) -> AsyncGenerator[asyncpg.Pool]:
    """Give a test a pool with the rights of a service."""
    async with open_pool(postgres.service_url) as pool:
        yield pool


@pytest.fixture
async def shelf(pool: asyncpg.Pool, nats: str) -> AsyncGenerator[Shelf]:
    """Give a test the gateway's store as the other services see it."""
    async with shelf_on(pool, nats) as shelf:
        yield shelf


@pytest.fixture
async def database(postgres: Database) -> AsyncGenerator[Cable]:
    """Lead to the test's database."""
    async with cable_to(postgres.service_url) as cable:
        yield cable


@pytest.fixture
async def bus(nats: str) -> AsyncGenerator[Cable]:
    """Lead to NATS."""
    async with cable_to(nats) as cable:
        yield cable


@pytest.fixture
async def start() -> AsyncGenerator[Start]:
    """Start gateways on a database and a NATS, with more settings; return a client of each."""
    async with AsyncExitStack() as stack:

        async def started(database_url: str, nats_url: str, **more: str) -> httpx.AsyncClient:
            return await stack.enter_async_context(_gateway(database_url, nats_url, more))

        yield started


@pytest.fixture
async def gateway(start: Start, database: Cable, bus: Cable) -> httpx.AsyncClient:
    """Give a test one running gateway whose servers it may take away."""
    return await start(database.url, bus.url)


@pytest.fixture
async def desk(
    start: Start, database: Cable, bus: Cable, pool: asyncpg.Pool, nats: str
) -> AsyncGenerator[Desk]:
    """Sit down at the console of a gateway whose servers may be taken away."""
    gateway = await start(database.url, bus.url, ADMIN_PASSWORD=PASSWORD)
    async with a_desk(gateway, pool, nats) as desk:
        yield desk


@asynccontextmanager
async def _gateway(
    database_url: str, nats_url: str, more: dict[str, str]
) -> AsyncGenerator[httpx.AsyncClient]:
    port = _free_port()
    settings = load(GatewaySettings, _environment(database_url, nats_url, port) | more)
    task = asyncio.create_task(run(settings), name="gateway")
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            await poll(lambda: _answers(client, task), within=10)
            yield client
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _environment(database_url: str, nats_url: str, port: int) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "NATS_URL": nats_url,
        "LINE_CHANNEL_SECRET": SECRET.decode(),
        "PORT": str(port),
        "HOST": "127.0.0.1",
        "LOG_LEVEL": "ERROR",
    }


async def _answers(client: httpx.AsyncClient, task: "asyncio.Task[None]") -> bool:
    if task.done():
        raise task.exception() or StartupRefused("the gateway ended")
    try:
        return (await client.get("/health/live")).status_code == 200
    except httpx.TransportError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
