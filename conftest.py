"""Real servers for all tests: one Postgres and one nats-server a run, fresh for every test."""

import logging
from collections.abc import AsyncGenerator
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import nats as nats_py
import pytest
import structlog
from hypothesis import settings

from chassis.bus.streams import ensure_streams
from chassis.database import migrate
from chassis.testing import Database
from cli.embedded.nats import NatsServer, nats_server
from cli.embedded.postgres import PostgresServer
from cli.embedded.postgres import postgres as postgres_server
from cli.embedded.roles import DATABASE, admit_service_role

NUMBERS = count(1)

# The same examples in every run: a red build stays red until somebody mends it.
settings.register_profile("repeatable", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("searching", deadline=None, max_examples=2_000)
settings.load_profile("repeatable")

# As in production: what nobody reads is not rendered, and no traceback shows local variables.
# Unconfigured, a debug line with a traceback costs a second.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(),
    ],
    wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
)


@pytest.fixture(scope="session")
async def running_postgres(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncGenerator[PostgresServer]:
    """Run one Postgres whose own database is migrated and copied for each test."""
    async with postgres_server(tmp_path_factory.mktemp("postgres")) as server:
        await migrate(server.owner_url)
        await admit_service_role(server.owner_url)
        yield server


@pytest.fixture(scope="session")
async def running_nats(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[NatsServer]:
    """Run one nats-server with JetStream."""
    async with nats_server(tmp_path_factory.mktemp("nats")) as server:
        yield server


@pytest.fixture
async def postgres(running_postgres: PostgresServer) -> AsyncGenerator[Database]:
    """Give a test a migrated database of its own."""
    name = f"test_{next(NUMBERS)}"
    maintenance = await asyncpg.connect(running_postgres.maintenance_url)
    await maintenance.execute(f"create database {name} template {DATABASE}")
    yield Database(
        owner_url=_at(running_postgres.owner_url, name),
        service_url=_at(running_postgres.service_url, name),
    )
    await maintenance.execute(f"drop database {name} with (force)")
    await maintenance.close()


@pytest.fixture
async def nats(running_nats: NatsServer) -> str:
    """Give a test the address of a NATS with the product's streams, all empty."""
    client = await nats_py.connect(running_nats.url)
    manager = client.jsm()
    for stream in await manager.streams_info():
        await manager.delete_stream(stream.config.name or "")
    await ensure_streams(client)
    await client.close()
    return running_nats.url


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Give a test a data folder of its own, as MEDEDBOT_HOME names one."""
    return tmp_path / "home"


def _at(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))
