"""What o'clock it is, for whoever puts a time on record: one place, so that time can be played.

Each task may have a clock of its own: a simulation gives one to every process it plays.
"""

from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_time() -> datetime:
    """Return the machine's time."""
    return datetime.now(UTC)


CLOCK: ContextVar[Clock] = ContextVar("clock", default=system_time)
"""The clock of this task and of those it starts."""


def now() -> datetime:
    """Return the time by this task's clock."""
    return CLOCK.get()()
