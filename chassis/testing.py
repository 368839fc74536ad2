"""What tests of any part share: a database of their own, and waiting without sleeping blindly."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar, cast

T = TypeVar("T")

FIRST_PAUSE = 0.005
LONGEST_PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class Database:
    """A fresh, migrated database of one test, and its addresses for the two roles."""

    owner_url: str
    service_url: str


class NotInTime(AssertionError):
    """The awaited condition did not come true before the deadline."""


async def poll(
    condition: Callable[[], T | Awaitable[T | None] | None],
    within: float = 5.0,
    *,
    what: str = "the condition",
) -> T:
    """Return the first truthy value of `condition`, asked again and again for `within` seconds."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    pause = FIRST_PAUSE
    while not (value := await _ask(condition)):
        if loop.time() >= deadline:
            raise NotInTime(f"{what} did not come true within {within} s; last seen: {value!r}")
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)
    return value


async def _ask(condition: Callable[[], T | Awaitable[T | None] | None]) -> T | None:
    value = condition()
    if inspect.isawaitable(value):
        return await cast("Awaitable[T | None]", value)
    return cast("T | None", value)
