"""Child processes: described as data, started until ready, ended with all they started."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chassis.errors import StartupRefused
from cli import leftovers, tether

READY_POLL_SECONDS = 0.05
# A server killed a moment ago may hold its files until its own children are gone.
SPAWNS_UNTIL_REFUSED = 8
SPAWN_PAUSE_SECONDS = 0.5
TAIL_BYTES = 8192
LINE_CHARACTERS = 300


async def ready_at_once() -> bool:
    """Readiness of a program that has none to ask for."""
    return True


async def never_sick() -> bool:
    """Health of a program that does not say."""
    return False


@dataclass(frozen=True, slots=True)
class Program:
    """A command to keep running: how to start it, to know it is ready, to stop it.

    `sick` says that it runs, is of no use, and would be if it were started anew.
    """

    name: str
    argv: tuple[str, ...]
    log: Path
    record: Path
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    ready: Callable[[], Awaitable[bool]] = ready_at_once
    sick: Callable[[], Awaitable[bool]] = never_sick
    stop_signal: signal.Signals = signal.SIGTERM


@dataclass(frozen=True, slots=True)
class Child:
    """A program and the process that runs it now."""

    program: Program
    process: asyncio.subprocess.Process

    @property
    def alive(self) -> bool:
        """Whether the process has not ended yet."""
        return self.process.returncode is None


def tethered(argv: tuple[str, ...], death_signal: signal.Signals) -> tuple[str, ...]:
    """Return the command that runs `argv` and signals it when this process dies."""
    script = str(Path(tether.__file__).resolve())
    return (sys.executable, "-I", "-S", script, str(int(death_signal)), str(os.getpid()), *argv)


async def spawn(program: Program) -> Child:
    """Start the program in a session of its own, its output appended to its log."""
    output = _opened(program.log)
    try:
        process = await asyncio.create_subprocess_exec(
            *program.argv,
            env=dict(program.env),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    finally:
        os.close(output)
    # Nobody else knows of the process yet: on a full disk it runs without a record, tethered only.
    with contextlib.suppress(OSError):
        leftovers.write(program.record, process.pid, program.stop_signal)
    return Child(program, process)


def _opened(log: Path) -> int:
    """Open a log to append to; without room for one what is said is lost."""
    try:
        return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)


async def start(program: Program, within_seconds: float) -> Child:
    """Return the program's child once it is ready; refuse when it does not become so."""
    empty_log(program)
    try:
        async with asyncio.timeout(within_seconds):
            return await _spawn_until_ready(program)
    except TimeoutError as error:
        message = (
            f"{program.name} was not ready after {within_seconds:.0f} s: {last_line(program.log)}"
        )
        raise StartupRefused(message) from error


async def _spawn_until_ready(program: Program) -> Child:
    for _ in range(SPAWNS_UNTIL_REFUSED):
        child = await spawn(program)
        try:
            if await became_ready(child):
                return child
        except BaseException:
            await end(child, 0)
            raise
        await asyncio.sleep(SPAWN_PAUSE_SECONDS)
    message = f"{program.name} does not start: {last_line(program.log)}"
    raise StartupRefused(message)


async def became_ready(child: Child) -> bool:
    """Wait until the child is ready (True) or has ended (False)."""
    while child.alive:
        if await child.program.ready():
            return True
        await asyncio.sleep(READY_POLL_SECONDS)
    return False


async def end(child: Child, patience_seconds: float) -> None:
    """Ask the child to stop; kill it and its group when the patience is used up."""
    if patience_seconds > 0:
        await _ask_to_stop(child, patience_seconds)
    kill(child)
    await child.process.wait()
    child.program.record.unlink(missing_ok=True)


def kill(child: Child) -> None:
    """Kill what is left of the child and of the group it leads."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.process.pid, signal.SIGKILL)


async def _ask_to_stop(child: Child, patience_seconds: float) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.process.send_signal(child.program.stop_signal)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(child.process.wait(), patience_seconds)


@asynccontextmanager
async def running(
    program: Program, within_seconds: float, patience_seconds: float
) -> AsyncGenerator[Child]:
    """Run the program for the length of a block."""
    child = await start(program, within_seconds)
    try:
        yield child
    finally:
        await end(child, patience_seconds)


def empty_log(program: Program) -> None:
    """Begin the program's log anew: it tells of one `up`, or of one block of a test."""
    with contextlib.suppress(OSError):
        program.log.write_bytes(b"")


def last_line(log: Path) -> str:
    """Return the last line of a log, to be shown in a report."""
    if not log.exists():
        return f"there was no room for {log}"
    with log.open("rb") as file:
        file.seek(max(file.seek(0, os.SEEK_END) - TAIL_BYTES, 0))
        lines = file.read().decode(errors="replace").strip().splitlines()
    return lines[-1][-LINE_CHARACTERS:] if lines else f"it wrote nothing to {log}"
