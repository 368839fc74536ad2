"""A circuit breaker: after calls that failed in a row an upstream is left alone for a while."""

import math
import time
from collections.abc import Callable
from datetime import timedelta

from purgatory.domain.model import HALF_OPENED, OPENED, Context, HalfOpenedState

from chassis import metrics
from chassis.errors import Unavailable
from chassis.telemetry import get_logger

FAILURES = 5
REST = timedelta(seconds=60)
GAUGE = {"closed": 0, HALF_OPENED: 1, OPENED: 2}
log = get_logger()


class CircuitOpen(Unavailable):
    """The upstream failed so often that it is left alone for now."""


class Breaker:
    """Counts failed calls in purgatory's states; when to try again is ours to say.

    purgatory goes by the wall clock, which may jump by an hour, lets every call through at once
    when half-open, and takes a cancelled call for a failed one. Hence a monotonic clock, one
    probe at a time, and calls that count only when they end as they began: in the same era.
    """

    def __init__(
        self,
        upstream: str,
        *,
        failures: int = FAILURES,
        rest: timedelta = REST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start closed; open after `failures` in a row, let one probe in after `rest`."""
        self._context = Context(upstream, failures, math.inf)
        self._rest = rest.total_seconds()
        self._clock = clock
        self._opened_at = -math.inf
        self._era = 0
        self._probing = False
        self._show()

    @property
    def is_open(self) -> bool:
        """Whether calls are refused now."""
        return self._context.state == OPENED

    def enter(self) -> int:
        """Let a call in and return its era, or refuse it with CircuitOpen."""
        if self.is_open and self._clock() >= self._opened_at + self._rest:
            self._context.set_state(HalfOpenedState())
            self._changed()
        if self.is_open or self._probing:
            raise CircuitOpen(self._context.name)
        self._probing = self._context.state == HALF_OPENED
        return self._era

    def succeeded(self, era: int) -> None:
        """Count a call that the upstream answered, be it with a refusal."""
        if era == self._era:
            self._settle(self._context.handle_end_request)

    def failed(self, era: int, error: Exception) -> None:
        """Count a call that the upstream left unanswered, however often it was asked."""
        if era == self._era:
            self._settle(lambda: self._context.handle_exception(error))

    def left(self, era: int) -> None:
        """Forget a call that was given up for a reason of ours: nothing was learned."""
        if era == self._era:
            self._probing = False

    def _settle(self, apply: Callable[[], None]) -> None:
        before = self._context.state
        self._probing = False
        apply()
        self._context.messages.clear()  # purgatory queues them for a message bus of its own
        if self._context.state != before:
            self._changed()

    def _changed(self) -> None:
        self._era += 1
        if self.is_open:
            self._opened_at = self._clock()
        log.warning("circuit_changed", upstream=self._context.name, state=self._context.state)
        self._show()

    def _show(self) -> None:
        state = GAUGE[self._context.state]
        metrics.CIRCUIT.labels(upstream=self._context.name).set(state)
