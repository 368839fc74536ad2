"""Migrations: in order, once, by whoever comes first, and never backwards."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from importlib.resources import files
from itertools import count
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from chassis.database import migrate, open_pool
from chassis.errors import StartupRefused
from chassis.testing import Database
from cli.embedded.postgres import PostgresServer

NUMBERS = count(1)
VERSIONS = sorted(int(each.name[:4]) for each in (files("chassis") / "sql").iterdir())
NEWEST = VERSIONS[-1]
SCHEMA = """
    select table_schema, table_name, column_name, data_type, is_nullable, column_default
    from information_schema.columns
    where table_schema not in ('information_schema', 'pg_catalog')
    order by 1, 2, ordinal_position
"""


@pytest.fixture
async def empty(running_postgres: PostgresServer) -> AsyncGenerator[str]:
    """Give a test the address of a database with nothing in it."""
    maintenance = await asyncpg.connect(running_postgres.maintenance_url)
    name = f"empty_{next(NUMBERS)}"
    await maintenance.execute(f"create database {name}")
    yield urlunsplit(urlsplit(running_postgres.owner_url)._replace(path=f"/{name}"))
    await maintenance.execute(f"drop database {name} with (force)")
    await maintenance.close()


async def ask(url: str, statement: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


async def applied(url: str) -> list[int]:
    return [row[0] for row in await ask(url, "select version from migrations.applied order by 1")]


async def test_every_migration_is_applied_in_order(empty: str, postgres: Database):
    assert await migrate(empty) == NEWEST
    assert await applied(empty) == VERSIONS
    assert await ask(empty, SCHEMA) == await ask(postgres.owner_url, SCHEMA)


async def test_migrating_again_changes_nothing(empty: str):
    await migrate(empty)
    before = await ask(empty, "select * from migrations.applied")
    assert await migrate(empty) == NEWEST
    assert await ask(empty, "select * from migrations.applied") == before


async def test_six_processes_at_once_migrate_once(empty: str):
    program = "import asyncio, sys; from chassis.database import migrate; "
    program += "print(asyncio.run(migrate(sys.argv[1])))"
    six = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            program,
            empty,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        for _ in range(6)
    ]
    said = await asyncio.gather(*(each.communicate() for each in six))
    assert said == [(b"%d\n" % NEWEST, b"")] * 6
    assert await applied(empty) == VERSIONS


async def test_a_newer_schema_is_refused(postgres: Database):
    await ask(postgres.owner_url, "insert into migrations.applied (version) values (9999)")
    for url in (postgres.owner_url, postgres.service_url):
        with pytest.raises(StartupRefused, match="schema 9999, this build knows"):
            await migrate(url)


async def test_a_service_may_not_migrate_and_says_who_may(empty: str, postgres: Database):
    login = urlsplit(postgres.service_url).netloc
    service = urlunsplit(urlsplit(empty)._replace(netloc=login))
    with pytest.raises(StartupRefused, match=f"schema 0, this build needs {NEWEST}.*migrate"):
        await migrate(service)
    await migrate(empty)
    assert await migrate(service) == NEWEST
    newest = "(select max(version) from migrations.applied)"
    await ask(empty, f"delete from migrations.applied where version = {newest}")  # noqa: S608
    with pytest.raises(StartupRefused, match=f"schema {VERSIONS[-2]}, this build needs {NEWEST}"):
        await migrate(service)


async def test_an_owner_who_may_not_make_roles_finds_ours_made(empty: str, postgres: Database):
    await ask(empty, "create role plain_owner login password 'p'")
    parts = urlsplit(empty)
    name, host = parts.path[1:], parts.netloc.split("@")[1]
    try:
        await ask(empty, f"alter database {name} owner to plain_owner")
        assert await migrate(f"postgresql://plain_owner:p@{host}/{name}") == NEWEST
    finally:
        await ask(empty, "drop owned by plain_owner cascade")
        await ask(empty, f"alter database {name} owner to mededbot_owner")
        await ask(empty, "drop role plain_owner")


async def test_a_migration_that_fails_leaves_nothing_behind(empty: str):
    await ask(empty, "create schema notifier")  # 0002 wants to make it
    with pytest.raises(asyncpg.DuplicateSchemaError):
        await migrate(empty)
    assert await applied(empty) == [1]
    await ask(empty, "drop schema notifier")
    assert await migrate(empty) == NEWEST


@pytest.mark.parametrize(
    ("change", "fault"),
    [({"netloc": "nobody:wrong@{host}"}, "refuses it"), ({"path": "/nowhere"}, "refuses it")],
)
async def test_a_wrong_address_is_refused_at_once(
    postgres: Database, change: dict[str, str], fault: str
):
    parts = urlsplit(postgres.owner_url)
    host = parts.netloc.split("@")[1]
    changed = {name: value.format(host=host) for name, value in change.items()}
    url = urlunsplit(parts._replace(**changed))
    with pytest.raises(StartupRefused, match=fault) as refused:
        await migrate(url)
    assert "wrong" not in str(refused.value)


async def test_a_pools_connections_have_their_waits_bounded(postgres: Database):
    async with open_pool(postgres.service_url) as pool:
        with pytest.raises(TimeoutError):
            await pool.fetchval("select pg_sleep(5)", timeout=0.05)
        assert await pool.fetchval("show timezone") == "UTC"
