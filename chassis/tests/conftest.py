"""What the chassis's tests stand on: a log on a database of their own."""

from collections.abc import AsyncGenerator, Generator

import asyncpg
import pytest

from chassis.database import open_pool
from chassis.eventlog.log import EventLog
from chassis.testing import Database
from chassis.tests.logged import event_log
from chassis.tests.stores import moto


@pytest.fixture
async def pool(postgres: Database) -> AsyncGenerator[asyncpg.Pool]:
    """Give a test a pool with the rights of a service."""
    async with open_pool(postgres.service_url) as pool:
        yield pool


@pytest.fixture
def log(pool: asyncpg.Pool) -> EventLog:
    """Give a test a log that knows every event of the contracts."""
    return event_log(pool)


@pytest.fixture
async def owner(postgres: Database) -> AsyncGenerator[asyncpg.Connection]:
    """Give a test a connection of the database's owner."""
    connection = await asyncpg.connect(postgres.owner_url)
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
def s3() -> Generator[str]:
    """Give tests the address of an S3."""
    with moto() as url:
        yield url
