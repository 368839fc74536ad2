"""An event loop without time and without chance: a seed decides what runs next.

Every process of the simulated system has a lane: its callbacks run first in, first out, as in any
asyncio program; between lanes the seed chooses. When nobody can run, the clock jumps to the next
timer. A lane that is killed never runs again, whatever it awaited.
"""

import asyncio
import contextvars
import heapq
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from itertools import count
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")


class Lane:
    """One process: what it is about to run, and whether it can."""

    __slots__ = ("alive", "frozen", "listed", "name", "ready", "tasks")

    def __init__(self, name: str) -> None:
        self.name = name
        self.ready: deque[Call] = deque()
        self.alive = True
        self.frozen = False
        self.listed = False
        self.tasks: list[asyncio.Task[Any]] = []


class Call:
    """A callback that is to run, now or at a time."""

    __slots__ = ("args", "at", "callback", "context", "lane", "off")

    def __init__(
        self,
        lane: Lane,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: contextvars.Context,
        at: float = 0.0,
    ) -> None:
        self.lane = lane
        self.callback = callback
        self.args = args
        self.context = context
        self.at = at
        self.off = False

    def cancel(self) -> None:
        self.off = True

    def cancelled(self) -> bool:
        return self.off

    def when(self) -> float:
        return self.at


WORLD = Lane("world")
_lane: ContextVar[Lane] = ContextVar("lane", default=WORLD)
Due = tuple[float, int, Call | None, Callable[..., object] | None, tuple[Any, ...]]


async def passing(seconds: float) -> None:
    """Wait while simulated time passes; real time does not."""
    loop = asyncio.get_running_loop()
    over: asyncio.Future[None] = loop.create_future()
    loop.call_later(seconds, _come, over)
    await over


def _come(over: "asyncio.Future[None]") -> None:
    if not over.done():
        over.set_result(None)


class SimulatedLoop(asyncio.AbstractEventLoop):
    """Runs tasks and timers in an order that `chance` alone decides."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.now = 0.0
        self.steps = 0
        self._draw = chance.random
        self._awake: list[Lane] = []
        self._timers: list[Due] = []
        self._numbers = count()
        self._lanes: list[Lane] = [WORLD]
        self._stopped = False
        self._over = False
        self.unhandled: list[dict[str, Any]] = []

    # -- what the simulation asks of it

    def lane(self, name: str) -> Lane:
        """Return a new process."""
        lane = Lane(name)
        self._lanes.append(lane)
        return lane

    def start(self, lane: Lane, work: Coroutine[Any, Any, T], name: str = "main") -> None:
        """Begin a task in a process."""
        context = contextvars.copy_context()
        context.run(_lane.set, lane)
        context.run(self.create_task, work, name=name)

    def kill(self, lane: Lane) -> None:
        """End a process at once: nothing of it runs any more, no clean-up either."""
        lane.alive = False
        lane.ready.clear()
        if lane.listed:
            self._awake.remove(lane)
            lane.listed = False

    def freeze(self, lane: Lane, seconds: float) -> None:
        """Stop a process for a while, as SIGSTOP does; its timers run on."""
        lane.frozen = True
        if lane.listed:
            self._awake.remove(lane)
            lane.listed = False
        self.later(seconds, self._thaw, lane)

    def later(self, seconds: float, what: Callable[..., object], *args: Any) -> None:
        """Let something happen in the world, outside of all processes."""
        at = self.now + seconds
        heapq.heappush(self._timers, (at, next(self._numbers), None, what, args))

    def answered(self, future: "asyncio.Future[T]", value: T) -> None:
        """Give an awaited value to whoever still waits for it."""
        if not future.done():
            future.set_result(value)

    def failed(self, future: "asyncio.Future[Any]", error: BaseException) -> None:
        """Give an awaited error to whoever still waits for it."""
        if not future.done():
            future.set_exception(error)

    def run(self) -> None:
        """Run until `stop`, or until nothing can happen any more."""
        timers, pop = self._timers, heapq.heappop
        self._run_ready()
        while timers and not self._stopped:
            at, _, call, what, args = pop(timers)
            if call is not None and (call.off or not call.lane.alive):
                continue
            self.now = at
            if call is not None:
                self._enqueue(call)
            elif what is not None:
                what(*args)
            self._run_ready()

    def stop(self) -> None:
        """Let nothing happen after this moment."""
        self._stopped = True

    @contextmanager
    def running(self) -> Generator[None]:
        """Be the running loop, then leave nothing behind."""
        asyncio._set_running_loop(self)  # noqa: SLF001 (made for whoever writes a loop)
        WORLD.tasks.clear()
        try:
            yield
        finally:
            self._bury()
            asyncio._set_running_loop(None)  # noqa: SLF001 (the same)

    # -- what asyncio asks of it

    def time(self) -> float:
        return self.now

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return self._over

    def create_future(self) -> "asyncio.Future[Any]":
        return asyncio.Future(loop=self)

    def create_task(
        self,
        coro: Any,
        *,
        name: str | None = None,
        context: contextvars.Context | None = None,
        **options: Any,
    ) -> "asyncio.Task[Any]":
        task = asyncio.Task(coro, loop=self, name=name, context=context, **options)
        # Kept to the end: a task that nobody refers to would be closed, and so clean up, at a
        # moment that the garbage collector chooses.
        _lane.get().tasks.append(task)
        return task

    def call_soon(
        self,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> Any:
        if context is None:
            context = contextvars.copy_context()
        call = Call(context.get(_lane, WORLD), callback, args, context)
        self._enqueue(call)
        return call

    call_soon_threadsafe = call_soon  # there are no threads

    def call_later(
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> Any:
        return self.call_at(self.now + max(delay, 0.0), callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> Any:
        if context is None:
            context = contextvars.copy_context()
        call = Call(context.get(_lane, WORLD), callback, args, context, when)
        heapq.heappush(self._timers, (when, next(self._numbers), call, None, ()))
        return call

    def run_in_executor(
        self,
        executor: Any,  # noqa: ARG002 (asyncio's signature)
        func: Callable[..., Any],
        *args: Any,
    ) -> "asyncio.Future[Any]":
        future = self.create_future()
        self.later(0.001, self.answered, future, func(*args))
        return future

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        if not self._over:
            self.unhandled.append(context)

    # -- its own

    def _enqueue(self, call: Call) -> None:
        lane = call.lane
        if not lane.alive or self._over:
            return
        lane.ready.append(call)
        if not (lane.listed or lane.frozen):
            lane.listed = True
            self._awake.append(lane)

    def _run_ready(self) -> None:
        awake, draw = self._awake, self._draw
        while awake:
            many = len(awake)
            place = int(draw() * many) if many > 1 else 0
            lane = awake[place]
            call = lane.ready.popleft()
            if not lane.ready:
                awake[place] = awake[-1]
                awake.pop()
                lane.listed = False
            if not call.off:
                self.steps += 1
                call.context.run(call.callback, *call.args)

    def _thaw(self, lane: Lane) -> None:
        lane.frozen = False
        if lane.ready and lane.alive and not lane.listed:
            lane.listed = True
            self._awake.append(lane)

    def _bury(self) -> None:
        """Close what still waits; nothing of it can reach the world any more."""
        self._over = True
        for lane in self._lanes:
            for task in lane.tasks:
                if not task.done():
                    task._log_destroy_pending = False  # noqa: SLF001 (meant)  # pyright: ignore[reportAttributeAccessIssue]
                    work = task.get_coro()
                    with suppress(BaseException):
                        work.close()  # pyright: ignore[reportOptionalMemberAccess]
            lane.tasks.clear()
            lane.ready.clear()
        self._timers.clear()
