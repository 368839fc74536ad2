"""Keeps programs running: a crashed one is reported and started again, a stopped one ends."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

from cli.process import Child, Program, end, kill, last_line, spawn

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 15.0
HEALTHY_AFTER_SECONDS = 30.0
LOOK_SECONDS = 1.0
SICK_LOOKS = 2
"""So often in a row a program must say that it is sick."""
CURE_SECONDS = 5.0
"""A sick program may end in good order for so long."""

Report = Callable[[str], None]


@dataclass(slots=True)
class Backoff:
    """Pauses between starts: doubled each time, short again after a healthy while."""

    first: float = FIRST_PAUSE_SECONDS
    longest: float = LONGEST_PAUSE_SECONDS
    healthy_after: float = HEALTHY_AFTER_SECONDS
    _next: float = 0.0

    def pause_after(self, ran_seconds: float) -> float:
        """Return how long to wait after a run of this length."""
        fresh = self._next == 0.0 or ran_seconds >= self.healthy_after
        pause = self.first if fresh else self._next
        self._next = min(pause * 2, self.longest)
        return pause


def after_kills() -> Backoff:
    """Return the pauses after kills: they say nothing about the program, and somebody waits for it.

    Yet a machine that is out of memory may kill it again and again.
    """
    return Backoff(first=0.1, longest=2.0, healthy_after=10.0)


class Keeper:
    """One program, kept running by a task of its own until it is stopped."""

    def __init__(
        self,
        program: Program,
        report: Report,
        child: Child | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self.program = program
        self._child = child
        self._report = report
        self._failures = backoff or Backoff()
        self._kills = after_kills()
        self._stopping = asyncio.Event()
        self._kill_at = 0.0
        self._task = asyncio.create_task(self._keep(), name=f"keep {program.name}")

    async def stop(self, kill_at: float) -> None:
        """End the program; what still lives at this time of the loop's clock is killed."""
        self._kill_at = kill_at
        self._stopping.set()
        await self._task

    def hasten(self) -> None:
        """Kill the program now if it is being stopped."""
        if self._stopping.is_set() and self._child is not None and self._child.alive:
            kill(self._child)

    async def _keep(self) -> None:
        while not self._stopping.is_set():
            started = _now()
            child = self._child = self._child or await self._spawned()
            if child is None:
                await self._pause("cannot be started", self._failures.pause_after(0.0))
                continue
            await self._ended_sick_or_stopping(child)
            if not self._stopping.is_set():
                await self._recover(child, _now() - started)
        if self._child is not None:
            await end(self._child, max(self._kill_at - _now(), 0.0))

    async def _ended_sick_or_stopping(self, child: Child) -> None:
        await _first_of(child.process.wait(), self._stopping.wait(), self._until_sick())

    async def _until_sick(self) -> None:
        looks = 0
        while looks < SICK_LOOKS:
            await asyncio.sleep(LOOK_SECONDS)
            looks = looks + 1 if await self.program.sick() else 0

    async def _recover(self, child: Child, ran_seconds: float) -> None:
        sick = child.alive
        await end(child, CURE_SECONDS if sick else 0)
        self._child = None
        killed = child.process.returncode == -signal.SIGKILL and not sick
        backoff = self._kills if killed else self._failures
        what_happened = "was of no use any more" if sick else how_it_ended(child)
        await self._pause(what_happened, backoff.pause_after(ran_seconds))

    async def _spawned(self) -> Child | None:
        # A machine out of memory or processes may have some again later.
        try:
            return await spawn(self.program)
        except OSError:
            return None

    async def _pause(self, what_happened: str, pause: float) -> None:
        self._report(f"{self.program.name} {what_happened}; starting it in {pause:.1f} s")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), pause)


async def stop_all(keepers: Iterable[Keeper], kill_at: float) -> None:
    """Stop these programs at once, each with the same last moment."""
    await asyncio.gather(*(keeper.stop(kill_at) for keeper in keepers))


def how_it_ended(child: Child) -> str:
    """Say in words how a process ended."""
    code = child.process.returncode or 0
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with code {code} ({last_line(child.program.log)})"


async def _first_of(*coroutines: Coroutine[Any, Any, object]) -> None:
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def _now() -> float:
    return asyncio.get_running_loop().time()
