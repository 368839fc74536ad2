"""The embedded Postgres: the same data again after a stop, a crash, a killed parent."""

import asyncio
import os
import signal
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE
from pathlib import Path

import asyncpg
import psutil
import pytest

from chassis.errors import StartupRefused
from chassis.testing import poll
from cli.embedded.postgres import PostgresServer, postgres, prepare_postgres
from cli.home import open_home
from cli.leftovers import recorded_pid

HOLDER = """
import asyncio, sys
from pathlib import Path
from cli.embedded.postgres import postgres
async def hold():
    async with postgres(Path(sys.argv[1])) as server:
        print(server.owner_url, flush=True)
        await asyncio.Event().wait()
asyncio.run(hold())
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("postgres")


async def ask(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def tell(server: PostgresServer, *statements: str) -> None:
    connection = await asyncpg.connect(server.owner_url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_it_serves_utf8_and_keeps_what_it_acknowledges(root: Path) -> None:
    async with postgres(root) as server:
        assert await ask(server.owner_url, "show server_encoding") == "UTF8"
        assert await ask(server.owner_url, "show fsync") == "on"
        assert await ask(server.owner_url, "show synchronous_commit") == "on"
        assert str(await ask(server.owner_url, "show server_version")).startswith("18")


async def test_the_services_role_is_no_superuser(root: Path) -> None:
    query = "select rolsuper from pg_roles where rolname = current_user"
    async with postgres(root) as server:
        assert await ask(server.owner_url, query) is True
        assert await ask(server.service_url, query) is False


async def test_a_wrong_password_is_refused(root: Path) -> None:
    async with postgres(root) as server:
        wrong = server.owner_url.replace(":", ":x", 2).replace(":x//", "://")
        with pytest.raises(asyncpg.InvalidPasswordError):
            await ask(wrong, "select 1")


async def test_it_runs_in_a_folder_of_any_name(tmp_path: Path) -> None:
    async with postgres(tmp_path / '家 x "y"') as server:
        assert await ask(server.owner_url, "select 1") == 1


async def test_data_outlives_a_stop(root: Path) -> None:
    async with postgres(root) as server:
        await tell(server, "create table kept (n int)", "insert into kept values (7)")
    async with postgres(root) as server:
        assert await ask(server.owner_url, "select n from kept") == 7


async def test_data_outlives_a_kill(root: Path) -> None:
    async with postgres(root) as server:
        await tell(
            server, "create table acknowledged (n int)", "insert into acknowledged values (8)"
        )
        os.kill(recorded_pid(server.program.record), signal.SIGKILL)
    async with postgres(root) as server:
        assert await ask(server.owner_url, "select n from acknowledged") == 8


async def test_a_killed_parent_leaves_no_server_and_no_harm(root: Path) -> None:
    holder = await create_subprocess_exec(sys.executable, "-c", HOLDER, str(root), stdout=PIPE)
    assert holder.stdout is not None
    assert await holder.stdout.readline()
    server_pid = recorded_pid(open_home(root).record("postgres"))
    holder.kill()
    await holder.wait()
    await poll(lambda: not psutil.pid_exists(server_pid), within=8)
    async with postgres(root) as server:
        assert await ask(server.service_url, "select 1") == 1


async def test_a_server_left_running_is_ended_before_the_next_starts(root: Path) -> None:
    async with postgres(root) as left:
        left_pid = recorded_pid(left.program.record)
        async with postgres(root) as server:
            assert not psutil.pid_exists(left_pid)
            assert await ask(server.owner_url, "select 1") == 1


async def test_a_pid_file_that_names_a_stranger_is_no_obstacle(root: Path) -> None:
    async with postgres(root):
        pid_file = (root / "postgres" / "postmaster.pid").read_text()
    stranger = pid_file.splitlines()
    stranger[0] = str(os.getpid())
    (root / "postgres" / "postmaster.pid").write_text("\n".join(stranger) + "\n")
    async with postgres(root) as server:
        assert await ask(server.owner_url, "select 1") == 1


async def test_an_interrupted_first_start_is_begun_again(tmp_path: Path) -> None:
    draft = tmp_path / "postgres.new"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18")
    async with postgres(tmp_path) as server:
        assert await ask(server.owner_url, "select 1") == 1


async def test_a_cancelled_first_start_leaves_no_process(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    preparing = asyncio.create_task(prepare_postgres(home))
    pid = await poll(lambda: recorded_pid(home.record("initdb")))
    preparing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await preparing
    assert not psutil.pid_exists(pid)
    assert not home.postgres.exists()


async def test_data_of_another_major_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(StartupRefused, match="of Postgres 16, this program brings Postgres 18"):
        await postgres(tmp_path).__aenter__()


async def test_data_without_its_password_is_refused(root: Path, tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("18\n")
    with pytest.raises(StartupRefused, match=r"its password file .* is gone"):
        await postgres(tmp_path).__aenter__()
