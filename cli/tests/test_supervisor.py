"""The supervisor, with tiny commands in the services' place."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from chassis.errors import StartupRefused
from chassis.testing import poll
from cli.home import Home, open_home
from cli.leftovers import end_leftovers, recorded_pid
from cli.process import Program, end, ready_at_once, spawn, start
from cli.up.fleet import Fleet, Group
from cli.up.stopping import Stop
from cli.up.supervisor import Backoff, Keeper, after_kills

STUBBORN = "trap 'echo asked' TERM; echo deaf; while :; do sleep 0.05; done"
FAMILY = "sleep 60 & sleep 60 & wait"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path)


@pytest.fixture
async def keepers() -> AsyncGenerator[list[Keeper]]:
    kept: list[Keeper] = []
    yield kept
    await asyncio.gather(*(keeper.stop(0) for keeper in kept))


def program(home: Home, script: str, name: str = "child") -> Program:
    argv = ("/bin/sh", "-c", script)
    return Program(name, argv, home.log(name), home.record(name), env=dict(os.environ))


def quick() -> Backoff:
    return Backoff(first=0.01, longest=0.04)


async def stop(keeper: Keeper, within: float) -> None:
    await keeper.stop(asyncio.get_running_loop().time() + within)


async def test_a_crashed_program_is_reported_and_started_again(
    home: Home, keepers: list[Keeper]
) -> None:
    reports: list[str] = []
    script = f"echo run >> {home.root}/runs; echo 'no luck'; exit 3"
    keepers.append(Keeper(program(home, script), reports.append, backoff=quick()))
    await poll(lambda: len(reports) >= 3)
    assert reports[0] == "child ended with code 3 (no luck); starting it in 0.0 s"
    assert (home.root / "runs").read_text().count("run") >= 3


async def test_a_killed_program_is_started_again(home: Home, keepers: list[Keeper]) -> None:
    reports: list[str] = []
    keepers.append(Keeper(program(home, "exec sleep 60"), reports.append, backoff=quick()))
    first = await poll(lambda: recorded_pid(home.record("child")))
    os.kill(first, 9)
    await poll(lambda: recorded_pid(home.record("child")) not in {0, first})
    assert reports == ["child was killed by SIGKILL; starting it in 0.1 s"]


async def test_a_program_that_says_it_is_sick_is_started_anew(
    home: Home, keepers: list[Keeper]
) -> None:
    reports: list[str] = []
    sign = home.root / "sick"
    sign.touch()

    async def sick() -> bool:
        return sign.exists()

    patient = replace(program(home, "exec sleep 60"), sick=sick)
    keepers.append(Keeper(patient, reports.append, backoff=quick()))
    first = await poll(lambda: recorded_pid(home.record("child")))
    await poll(lambda: reports, 20)
    sign.unlink()
    await poll(lambda: recorded_pid(home.record("child")) not in {0, first})
    assert reports[0] == "child was of no use any more; starting it in 0.0 s"
    assert not psutil.pid_exists(first)


async def test_a_program_runs_though_there_is_no_room_for_its_log_and_record(
    home: Home, keepers: list[Keeper]
) -> None:
    nowhere = home.root / "nowhere"
    script = f"echo run >> {home.root}/runs; exec sleep 60"
    homeless = replace(program(home, script), log=nowhere / "log", record=nowhere / "record")
    reports: list[str] = []
    keepers.append(Keeper(homeless, reports.append, backoff=quick()))
    await poll((home.root / "runs").exists)
    assert reports == []


async def test_a_stopped_program_is_not_started_again(home: Home) -> None:
    reports: list[str] = []
    keeper = Keeper(program(home, "exec sleep 60"), reports.append)
    pid = await poll(lambda: recorded_pid(home.record("child")))
    await stop(keeper, within=5)
    assert not psutil.pid_exists(pid)
    assert reports == []


async def test_a_program_that_does_not_stop_is_killed_at_the_deadline(home: Home) -> None:
    keeper = Keeper(program(home, STUBBORN), print)
    await poll(lambda: "deaf" in _read(home.log("child")))
    pid = recorded_pid(home.record("child"))
    began = time.monotonic()
    await stop(keeper, within=0.3)
    assert 0.25 <= time.monotonic() - began < 3
    assert not psutil.pid_exists(pid)


async def test_a_program_is_ended_with_all_it_started(home: Home) -> None:
    child = await spawn(program(home, FAMILY))
    leader = psutil.Process(child.process.pid)
    family = await poll(lambda: kids if len(kids := leader.children()) == 2 else [])
    await end(child, 2)
    await poll(lambda: not any(kid.is_running() for kid in family))


async def test_a_second_signal_hastens_all_that_still_has_to_stop(home: Home) -> None:
    fleet = Fleet(print)
    for group in (Group.DOOR, Group.SERVICES, Group.SANDBOX):
        fleet.keep(group, program(home, STUBBORN, group.name))
    await poll(lambda: all("deaf" in _read(log) for log in fleet.logs.values()))
    stopping = asyncio.create_task(fleet.stop())
    await poll(lambda: "asked" in _read(home.log("DOOR")))
    began = time.monotonic()
    fleet.hasten()
    await stopping
    assert time.monotonic() - began < 2


async def test_the_gateway_stops_before_the_services_and_the_servers_last(home: Home) -> None:
    order = home.root / "order"
    fleet = Fleet(print)
    for group in reversed(Group):
        last_words = f"trap 'echo {group.name} >> {order}; exit 0' TERM"
        script = f"{last_words}; echo on; while :; do sleep 0.02; done"
        fleet.keep(group, program(home, script, group.name))
    await poll(lambda: all("on" in _read(home.log(group.name)) for group in Group))
    await fleet.stop()
    assert order.read_text().split() == ["DOOR", "SERVICES", "SANDBOX", "SERVERS"]


async def test_a_program_that_never_becomes_ready_is_refused_with_its_last_words(
    home: Home,
) -> None:
    with pytest.raises(StartupRefused, match="child does not start: out of luck"):
        await start(_never_ready(program(home, "echo out of luck; exit 1")), 20)
    with pytest.raises(StartupRefused, match="child was not ready after 0 s: thinking"):
        await start(_never_ready(program(home, "echo thinking; exec sleep 60")), 0.4)
    assert not home.record("child").exists()


async def test_children_of_an_earlier_run_are_ended(home: Home) -> None:
    left = await spawn(program(home, "exec sleep 60"))
    await asyncio.to_thread(end_leftovers, home.run)
    assert not psutil.pid_exists(left.process.pid)
    assert list(home.run.iterdir()) == []


async def test_a_record_of_a_process_id_used_again_ends_nobody(home: Home) -> None:
    bystander = await spawn(program(home, "exec sleep 60"))
    text = home.record("child").read_text().replace('"started_at": 1', '"started_at": 0.1')
    home.record("child").write_text(text)
    end_leftovers(home.run)
    assert bystander.alive
    assert psutil.pid_exists(bystander.process.pid)
    await end(bystander, 0)


def test_pauses_double_up_to_the_longest_and_start_afresh_after_health() -> None:
    backoff = Backoff()
    assert [backoff.pause_after(1) for _ in range(7)] == [0.5, 1, 2, 4, 8, 15, 15]
    assert backoff.pause_after(31) == 0.5
    assert backoff.pause_after(1) == 1


def test_a_program_that_is_killed_now_and_then_is_back_at_once():
    backoff = after_kills()
    assert [backoff.pause_after(12) for _ in range(3)] == [0.1, 0.1, 0.1]
    assert max(backoff.pause_after(3) for _ in range(9)) == 2


async def test_a_tethered_child_dies_with_its_parent(home: Home) -> None:
    code = (
        "import signal, subprocess, sys; from cli.process import tethered; "
        "child = subprocess.Popen(tethered(('/bin/sleep', '60'), signal.SIGTERM)); "
        "print(child.pid, flush=True); child.wait()"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    await poll(lambda: psutil.Process(pid).name() == "sleep")
    parent.kill()
    await parent.wait()
    await poll(lambda: not psutil.pid_exists(pid))


def _never_ready(base: Program) -> Program:
    async def never() -> bool:
        return not await ready_at_once()

    return Program(base.name, base.argv, base.log, base.record, env=base.env, ready=never)


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


async def test_one_signal_that_comes_twice_is_no_hurry() -> None:
    hurried: list[bool] = []
    stop = Stop(lambda: hurried.append(True))
    stop.heard(100.0)
    await stop.asked()
    stop.heard(100.1)
    assert hurried == []
    stop.heard(101.0)
    assert hurried == [True]
