"""Postgres 18 with its safe defaults kept, for one machine."""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT

import asyncpg

from chassis.errors import StartupRefused
from cli.embedded import privileges
from cli.embedded.binaries import POSTGRES_MAJOR, postgres_folder
from cli.embedded.roles import DATABASE, OWNER, SERVICE, create_database, create_service_role
from cli.home import PRIVATE_FOLDER, Home, kept_secret, open_home
from cli.leftovers import end_leftover
from cli.network import free_port
from cli.process import Program, empty_log, end, last_line, running, spawn

NAME = "postgres"
# Recovery after a crash replays the log first.
START_SECONDS = 60.0
STOP_SECONDS = 8.0
ANSWER_SECONDS = 2
INITDB_SECONDS = 120.0

INITDB_OPTIONS = (
    f"--username={OWNER}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    # The built-in provider sorts alike on every platform; the C library's does not.
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)
SERVER_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "300",
    # What is asked for lies at the ends of a few tables; the rest is the system's own cache.
    "shared_buffers": "64MB",
    "fsync": "on",
    "synchronous_commit": "on",
    # Destroyed keys stand in the WAL: what holds them is to be written over soon (decision 18).
    "archive_timeout": "5min",
    "min_wal_size": "32MB",
    "log_min_messages": "warning",
    "lc_messages": "C",
    "timezone": "UTC",
}


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """An embedded Postgres: how to run it and the addresses for its two roles."""

    program: Program
    owner_url: str
    service_url: str
    maintenance_url: str


async def prepare_postgres(home: Home) -> PostgresServer:
    """Make the data folder if there is none and choose the port; a restart keeps both."""
    end_leftover(home.record("initdb"))
    end_leftover(home.record(NAME))
    binaries = postgres_folder()
    _refuse_other_major(home.postgres)
    _refuse_lost_password(home)
    owner, service = kept_secret(home, OWNER), kept_secret(home, SERVICE)
    if not home.postgres.exists():
        await _initialise(binaries, home)
    _forget_lost_server(home.postgres)
    port = free_port()
    address = f"127.0.0.1:{port}"
    maintenance_url = f"postgresql://{OWNER}:{owner}@{address}/postgres"
    return PostgresServer(
        program=_program(home, binaries, port, maintenance_url),
        owner_url=f"postgresql://{OWNER}:{owner}@{address}/{DATABASE}",
        service_url=f"postgresql://{SERVICE}:{service}@{address}/{DATABASE}",
        maintenance_url=maintenance_url,
    )


async def furnish(server: PostgresServer, home: Home) -> None:
    """Create the database and the services' role where they are missing."""
    await create_database(server.maintenance_url)
    await create_service_role(server.maintenance_url, kept_secret(home, SERVICE))


@asynccontextmanager
async def postgres(root: Path) -> AsyncGenerator[PostgresServer]:
    """Run a Postgres on the data in this folder for the length of a block."""
    home = open_home(root)
    server = await prepare_postgres(home)
    async with running(server.program, START_SECONDS, STOP_SECONDS):
        await furnish(server, home)
        yield server


def _program(home: Home, binaries: Path, port: int, maintenance_url: str) -> Program:
    settings = SERVER_SETTINGS | {"port": str(port)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    command = (str(binaries / "postgres"), "-D", str(home.postgres), *options)

    async def ready() -> bool:
        return await _answers(maintenance_url)

    return Program(
        name=NAME,
        # SIGINT is Postgres's fast shutdown: clients are cut off, everything is on disk.
        argv=privileges.unprivileged(command, SIGINT),
        log=home.log(NAME),
        record=home.record(NAME),
        ready=ready,
        stop_signal=SIGINT,
    )


async def _answers(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url, timeout=ANSWER_SECONDS)
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return False
    await connection.close()
    return True


def _refuse_other_major(data: Path) -> None:
    path = data / "PG_VERSION"
    found = path.read_text().strip() if path.exists() else POSTGRES_MAJOR
    if found != POSTGRES_MAJOR:
        message = (
            f"The data in {data} is of Postgres {found}, this program brings Postgres "
            f"{POSTGRES_MAJOR}: move the data folder away or set MEDEDBOT_HOME to another one."
        )
        raise StartupRefused(message)


def _refuse_lost_password(home: Home) -> None:
    path = home.secrets / OWNER
    if home.postgres.exists() and not path.exists():
        message = f"The data in {home.postgres} cannot be opened: its password file {path} is gone."
        raise StartupRefused(message)


async def _initialise(binaries: Path, home: Home) -> None:
    """Make the data folder beside its place and move it there whole."""
    draft = home.root / "postgres.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=PRIVATE_FOLDER)
    privileges.give(draft)
    password = f"--pwfile={home.secrets / OWNER}"
    command = (str(binaries / "initdb"), "-D", str(draft), password, *INITDB_OPTIONS)
    await _run(_initdb(home, command))
    draft.replace(home.postgres)


def _initdb(home: Home, command: tuple[str, ...]) -> Program:
    return Program(
        name="initdb",
        argv=privileges.unprivileged(command, SIGINT),
        log=home.log("initdb"),
        record=home.record("initdb"),
        stop_signal=SIGINT,
    )


async def _run(program: Program) -> None:
    """Run a program to its end; it is killed when we are cancelled or it hangs."""
    empty_log(program)
    child = await spawn(program)
    try:
        code = await asyncio.wait_for(child.process.wait(), INITDB_SECONDS)
    finally:
        await end(child, 0)
    if code != 0:
        said = last_line(program.log)
        raise StartupRefused(f"Postgres could not make its data folder: {said}")


def _forget_lost_server(data: Path) -> None:
    """Drop the pid file of a server that is gone, though its id may be another's by now."""
    path = data / "postmaster.pid"
    if path.exists() and not privileges.is_postgres_on(data, _first_number(path)):
        path.unlink()


def _first_number(path: Path) -> int:
    words = path.read_text().split()
    return int(words[0]) if words and words[0].isdigit() else os.getpid()
