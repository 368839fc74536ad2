"""How many inputs a second the door takes: all of them, until the services fall behind.

What is acknowledged must be answered while its reply token lives. So the door takes what the
slowest service gets done, less while much waits, and more again when little does (decision 22).
"""

import asyncio
import math
from collections.abc import Callable, Sequence
from time import monotonic

from chassis import metrics
from chassis.bus.behind import Load, heaviest
from chassis.telemetry import get_logger

STEP_SECONDS = 1.0
TOO_LONG_SECONDS = 5.0
"""Waited in all, on the way through the services; the answer has 20 s, its reply token 60."""
GOAL_SECONDS = 3.0
SHORT_SECONDS = 1.0
SPAN_SECONDS = 8.0
"""So much past the goal nothing more would be let in, but for the least."""
PATIENCE = 3
"""So many looks in a row must find too much: what waited for a restart is soon worked off."""
FALLING = 0.95
FASTER = 1.25
LEAST_SHARE, LEAST_A_SECOND = 0.2, 2.0
MOST_A_SECOND = 1_000.0
BURST_SECONDS = 0.25
log = get_logger()


class Pace:
    """Lets inputs in at a rate that follows what the services get done."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Let in everything, until told that too much waits."""
        self._clock = clock
        self._rate = math.inf
        self._room = 0.0
        self._filled = clock()
        self._before = 0.0
        self._found = 0

    @property
    def rate(self) -> float:
        """How many inputs a second come in."""
        return self._rate

    @property
    def is_open(self) -> bool:
        """Whether one more may come in now."""
        if self._rate == math.inf:
            return True
        now = self._clock()
        filled = self._room + (now - self._filled) * self._rate
        self._room, self._filled = min(max(1.0, self._rate * BURST_SECONDS), filled), now
        return self._room > 0

    def take(self, inputs: int) -> None:
        """Count inputs that came in."""
        self._room -= inputs

    def step(self, loads: Sequence[Load]) -> None:
        """Set the rate by what the services have to do; called every second."""
        wait = sum(each.seconds for each in loads)
        growing = wait > TOO_LONG_SECONDS and wait >= self._before * FALLING
        self._found = self._found + 1 if growing else 0
        self._before = wait
        if self._rate < math.inf or self._found >= PATIENCE:
            self._set(self._wise(wait, heaviest(loads).taken))

    def _wise(self, wait: float, done: float) -> float:
        if wait < SHORT_SECONDS:
            return max(self._rate, done) * FASTER
        share = 1 - (wait - GOAL_SECONDS) / SPAN_SECONDS
        return max(LEAST_A_SECOND, done * max(LEAST_SHARE, share))

    def _set(self, rate: float) -> None:
        if rate > MOST_A_SECOND:
            rate = math.inf
        if (rate == math.inf) != (self._rate == math.inf):
            log.warning("door_slowed" if rate < math.inf else "door_at_full_speed")
            self._room, self._filled = 0.0, self._clock()
        self._rate = rate
        metrics.DOOR_RATE.set(rate)


async def keep_pace(pace: Pace, loads: Callable[[], Sequence[Load]]) -> None:
    """Adapt the pace every second, until cancelled."""
    while True:
        await asyncio.sleep(STEP_SECONDS)
        pace.step(loads())
