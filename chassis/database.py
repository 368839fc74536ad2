"""Connecting to Postgres: rights dropped at the door, waits bounded, migrations in order."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.resources import files

import asyncpg

from chassis.errors import StartupRefused
from chassis.eventlog.outage import DATABASE_DOWN

SERVICES_ROLE = "mededbot_services"
MAX_CONNECTIONS = 10
COMMAND_SECONDS = 6.0
"""A statement may take so long. A server that went without a word costs it as much once more, for
it is asked to cancel the statement: twelve seconds until its connection is given up."""
# The server notices within 25 s that a service went without a word: its connections are few.
KEEPALIVES = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
START_SECONDS = 60.0
"""How long a service waits for its database before it gives up and is started anew."""
_MIGRATING = 7_203_114_418  # an advisory lock of ours: one migrator at a time


async def migrate(database_url: str) -> int:
    """Bring the schema to this build's version and return it.

    Raises StartupRefused when the log-in may not, or the database is of a newer build.
    """
    connection = await connect(database_url)
    try:
        await connection.execute("select pg_advisory_lock($1)", _MIGRATING)
        return await _apply_missing(connection)
    finally:
        await connection.close()


async def connect(database_url: str) -> asyncpg.Connection:
    """Return one connection, waiting for the database to come up."""
    ends = asyncio.get_running_loop().time() + START_SECONDS
    while True:
        try:
            return await asyncpg.connect(database_url, timeout=5)
        except (asyncpg.InvalidPasswordError, asyncpg.InvalidCatalogNameError) as error:
            raise StartupRefused(f"DATABASE_URL: Postgres refuses it: {error}.") from None
        except DATABASE_DOWN as error:
            if asyncio.get_running_loop().time() > ends:
                kind = type(error).__name__
                raise StartupRefused(f"DATABASE_URL: no Postgres answers there ({kind}).") from None
            await asyncio.sleep(0.5)


@asynccontextmanager
async def open_pool(database_url: str) -> AsyncGenerator[asyncpg.Pool]:
    """Yield a pool whose connections have no more rights than a service needs."""
    connection = await connect(database_url)
    try:
        member = await connection.fetchval(
            "select pg_has_role(current_user, $1, 'member')", SERVICES_ROLE
        )
    finally:
        await connection.close()
    if not member:
        raise StartupRefused(
            f"DATABASE_URL: the log-in must be a member of the role {SERVICES_ROLE}."
        )
    pool = await asyncpg.create_pool(
        database_url,
        min_size=2,
        max_size=MAX_CONNECTIONS,
        command_timeout=COMMAND_SECONDS,
        timeout=5,
        server_settings={"role": SERVICES_ROLE, "timezone": "UTC", **KEEPALIVES},
        reset=_nothing,
    )
    try:
        yield pool
    finally:
        try:
            await asyncio.wait_for(pool.close(), 2)
        except TimeoutError:
            pool.terminate()


async def _nothing(connection: asyncpg.Connection) -> None:
    """Leave a connection as it is: nobody here changes it, and a reset is a round trip more."""


async def _apply_missing(connection: asyncpg.Connection) -> int:
    here = await _version(connection)
    scripts = _scripts()
    newest = max(scripts)
    if here > newest:
        raise StartupRefused(
            f"The database has schema {here}, this build knows {newest}: run a newer build."
        )
    if here == newest:
        return newest
    if not await _may_create(connection):
        raise StartupRefused(
            f"The database has schema {here}, this build needs {newest}: "
            "run `mededbot migrate` with the DATABASE_URL of the database's owner."
        )
    for number in sorted(scripts):
        if number > here:
            await _apply(connection, number, scripts[number])
    return newest


async def _apply(connection: asyncpg.Connection, number: int, script: str) -> None:
    async with connection.transaction():
        await connection.execute(script)
        await connection.execute("insert into migrations.applied (version) values ($1)", number)


async def _version(connection: asyncpg.Connection) -> int:
    if await connection.fetchval("select to_regclass('migrations.applied')") is None:
        if not await _may_create(connection):
            return 0
        await connection.execute(
            "create schema migrations; create table migrations.applied ("
            "version integer primary key, applied_at timestamptz not null default now());"
            "grant usage on schema migrations to public;"
            "grant select on migrations.applied to public"
        )
    find = "select coalesce(max(version), 0) from migrations.applied"
    return int(await connection.fetchval(find) or 0)


async def _may_create(connection: asyncpg.Connection) -> bool:
    find = "select has_database_privilege(current_database(), 'create')"
    return bool(await connection.fetchval(find))


def _scripts() -> dict[int, str]:
    folder = files("chassis") / "sql"
    names = sorted(each.name for each in folder.iterdir() if each.name.endswith(".sql"))
    return {int(name[:4]): (folder / name).read_text(encoding="utf-8") for name in names}
