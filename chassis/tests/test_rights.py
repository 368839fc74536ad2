"""The log is append-only for everybody, and a service can do no more than its work."""

from collections.abc import AsyncGenerator
from uuid import UUID

import asyncpg
import pytest

from chassis.database import SERVICES_ROLE, open_pool
from chassis.errors import StartupRefused
from chassis.eventlog.log import EventLog
from chassis.testing import Database
from chassis.tests.logged import a_stream, heard, put

CHANGES = [
    "update eventlog.events set data = '{}'",
    "update eventlog.events set personal = null",
    "delete from eventlog.events",
    "truncate eventlog.events",
    "truncate eventlog.events cascade",
]
REPLACE = """
    create or replace function eventlog.refuse_change() returns trigger language plpgsql
    as $$ begin return new; end $$
"""
POWERS = [
    "alter table eventlog.events disable trigger all",
    "alter table eventlog.events disable trigger append_only",
    "alter table eventlog.events add column more text",
    "drop trigger append_only on eventlog.events",
    "drop table eventlog.events",
    "drop schema eventlog cascade",
    "drop function eventlog.refuse_change cascade",
    "create table eventlog.mine (x int)",
    "create schema mine",
    REPLACE,
    "set session_replication_role = replica",
    "set role mededbot_owner",
    "update eventlog.inbox set key = 'x'",
    "delete from eventlog.inbox",
    "update eventlog.keys set key = 'x'",
    "delete from eventlog.streams",
    "delete from eventlog.people",
    "drop table readmodels.chat_logs",
    "delete from readmodels.checkpoints",
    "insert into migrations.applied (version) values (9999)",
    "update migrations.applied set version = 9999",
]


@pytest.fixture
async def service(postgres: Database, log: EventLog) -> AsyncGenerator[asyncpg.Connection]:
    """Give a test a service's connection to a log with one event."""
    await put(log, a_stream(), heard())
    role = {"role": SERVICES_ROLE}
    connection = await asyncpg.connect(postgres.service_url, server_settings=role)
    yield connection
    await connection.close()


async def allowed(
    connection: asyncpg.Connection | asyncpg.Pool, statements: list[str]
) -> list[str]:
    """Return the statements that Postgres would carry out."""
    return [each for each in statements if not await _is_refused(connection, each)]


async def _is_refused(connection: asyncpg.Connection | asyncpg.Pool, statement: str) -> bool:
    try:
        await connection.execute(statement)
    except asyncpg.InsufficientPrivilegeError:
        return True
    return False


async def unchanged(connection: asyncpg.Connection) -> bool:
    found = await connection.fetchrow("select count(*), count(personal) from eventlog.events")
    return found == (1, 1)


async def test_a_service_cannot_change_an_event(service: asyncpg.Connection):
    assert await allowed(service, CHANGES) == []
    assert await unchanged(service)


async def test_the_owner_cannot_change_an_event_either(
    service: asyncpg.Connection, owner: asyncpg.Connection
):
    assert await allowed(owner, CHANGES) == []
    await owner.execute("set session_replication_role = replica")
    assert await allowed(owner, CHANGES) == []
    assert await unchanged(service)


async def test_a_service_has_no_power_over_the_schema(service: asyncpg.Connection):
    assert await allowed(service, POWERS) == []
    assert await unchanged(service)


async def test_a_service_gains_nothing_by_dropping_its_role(service: asyncpg.Connection):
    await service.execute("reset role; set role none")
    assert await allowed(service, [*CHANGES, *POWERS]) == []
    assert await unchanged(service)


async def test_an_owner_who_runs_a_service_has_a_services_rights_only(
    postgres: Database, log: EventLog
):
    await put(log, a_stream(), heard())
    async with open_pool(postgres.owner_url) as pool:
        assert await pool.fetchval("select current_user") == SERVICES_ROLE
        assert await allowed(pool, [*CHANGES, *POWERS[:5]]) == []


async def test_a_log_in_without_a_services_rights_is_refused(
    postgres: Database, owner: asyncpg.Connection
):
    await owner.execute("create role stranger_to_us login password 'p'")
    try:
        url = postgres.owner_url.split("@")[1]
        with pytest.raises(StartupRefused, match="member of the role mededbot_services"):
            async with open_pool(f"postgresql://stranger_to_us:p@{url}"):
                pass
    finally:
        await owner.execute("drop role stranger_to_us")


async def test_a_service_may_destroy_a_key(pool: asyncpg.Pool, log: EventLog):
    stream = a_stream()
    await put(log, stream, heard())
    gone = await pool.execute("delete from eventlog.keys where stream = $1", UUID(stream))
    assert gone == "DELETE 1"
