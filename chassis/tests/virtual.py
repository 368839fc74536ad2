"""A loop whose time passes at once, and an upstream that answers as it is told."""

import asyncio
import selectors
from collections.abc import Awaitable, Coroutine
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

import pytest

from chassis.resilience import Guard, Transient

T = TypeVar("T")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NAMES = count(1)


class Skipping(selectors.SelectSelector):
    """Lets time pass at once where a loop would wait."""

    elapsed = 0.0

    def select(self, timeout: float | None = None):
        if timeout is None:
            pytest.fail("nothing would ever happen again")
        self.elapsed += timeout
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose clock moves only when everybody waits."""

    def __init__(self) -> None:
        self.skipping = Skipping()
        super().__init__(self.skipping)

    def time(self) -> float:
        return self.skipping.elapsed


def elapsed() -> float:
    return asyncio.get_running_loop().time()


def wall_clock() -> datetime:
    return NOON + timedelta(seconds=elapsed())


def run(scenario: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(scenario)


def a_guard(**options: Any) -> Guard:
    return Guard(
        upstream=options.pop("upstream", f"test_{next(NAMES)}"),
        timeout=timedelta(seconds=options.pop("seconds", 45)),
        clock=elapsed,
        now=wall_clock,
        **options,
    )


class Upstream:
    """Gives its answers in order: raises an exception, waits a number of seconds."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.called_at: list[float] = []

    async def __call__(self) -> str:
        self.called_at.append(elapsed())
        answer = self.answers.pop(0) if self.answers else "fine"
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, float):
            await asyncio.get_running_loop().create_future() if answer < 0 else await later(answer)
        return str(answer)


def later(seconds: float) -> Awaitable[None]:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()
    loop.call_later(seconds, future.set_result, None)
    return future


HANG = -1.0


def failing(times: int = 3) -> Upstream:
    return Upstream(*(Transient("down") for _ in range(times)))
