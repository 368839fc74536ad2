"""One guard for every outside call: time-out, retries with back-off, breaker, deadline, metrics."""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Protocol, TypeVar

import stamina
import stamina.instrumentation

from chassis import clock, metrics
from chassis.breaker import Breaker, CircuitOpen
from chassis.errors import Unavailable
from chassis.telemetry import get_logger

T = TypeVar("T")
Errors = tuple[type[Exception], ...]
Alarm = Callable[[str], Awaitable[None]]
"""Told the name of an upstream of which nothing is to be hoped for some time."""
LEAST_SECONDS = 1.0
"""An attempt with less time than this is not worth its cost to the upstream."""
LONGEST_ASKED_SECONDS = 30.0
"""An upstream may ask for a pause; past this the user is better served by an apology."""
LONGEST_HOLD = timedelta(minutes=1)
"""A pause of one answer's asking stops all replicas no longer than this; then one call tells."""
NOT_BELIEVED = timedelta(minutes=2)
"""What nobody has settled so long after its deadline tells of a clock that is wrong: ours or that
of whoever set it. It is worked on, within the attempts' own time."""
log = get_logger()


class TooLate(Unavailable):
    """No attempt could end before the deadline."""


class Transient(Exception):
    """One attempt failed in a way that may pass; `hopeless` when it will not pass soon."""

    outcome: ClassVar[str] = "error"

    def __init__(
        self, message: str, *, retry_after: timedelta | None = None, hopeless: bool = False
    ) -> None:
        """Keep the pause that the upstream asked for, if it did."""
        super().__init__(message)
        self.retry_after = retry_after
        self.hopeless = hopeless


class Budget(Protocol):
    """How often an upstream may be called, by all replicas together."""

    async def wait(self, deadline: datetime | None) -> None:
        """Return when it is our turn to call; raise TooLate when that is past the deadline."""
        ...

    async def hold(self, pause: timedelta) -> None:
        """Give nobody a turn for so long: the upstream asked for a pause."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """The pauses between attempts: doubled from `first` up to `longest`, jitter on top."""

    first: timedelta = timedelta(seconds=0.5)
    longest: timedelta = timedelta(seconds=8)
    jitter: timedelta = timedelta(seconds=0.5)

    def at_most(self, attempt: int) -> float:
        """Return the seconds that the pause after an attempt (1, 2 …) takes at most."""
        pause = self.first * 2 ** (attempt - 1) + self.jitter
        return min(pause, self.longest).total_seconds()


DEFAULT_BACKOFF = Backoff()


@dataclass(slots=True)
class _Course:
    """How one call goes: when it must end, whose turn it waits for, how often it was tried."""

    ends: float
    deadline: datetime | None
    budget: Budget | None
    tries: int = 0
    failure: Exception | None = None


class Guard:
    """Calls one upstream; every process keeps one for each.

    Errors in `retry_on` are the upstream's: once the attempts are used up they count against it
    and become Unavailable. Errors in `ask_again_on` are answers of no use: asked again as often,
    then raised as they are. All others pass at once.

    With a budget every attempt waits for its turn first. That wait is no part of an attempt and
    says nothing about the upstream. `alarm` is told of what is hopeless, each time.
    """

    def __init__(  # noqa: PLR0913 (named options of one guard)
        self,
        *,
        upstream: str,
        timeout: timedelta,
        attempts: int = 3,
        retry_on: Errors = (Transient, TimeoutError, ConnectionError),
        ask_again_on: Errors = (),
        backoff: Backoff = DEFAULT_BACKOFF,
        breaker: Breaker | None = None,
        budget: Budget | None = None,
        alarm: Alarm | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        """Give each attempt `timeout`; `clock` measures, `now` reads deadlines."""
        # stamina's own hook logs the arguments of calls: those are patients' words.
        stamina.instrumentation.set_on_retry_hooks([])
        self._upstream = upstream
        self._timeout = timeout.total_seconds()
        self._attempts = attempts
        self._retry_on = retry_on
        self._ask_again_on = ask_again_on
        self._backoff = backoff
        self._breaker = breaker or Breaker(upstream, clock=clock)
        self._budget = budget
        self._alarm = alarm
        self._clock = clock
        self._now = now

    async def call(
        self,
        fn: Callable[[], Awaitable[T]],
        *,
        deadline: datetime | None = None,
        budget: Budget | None = None,
    ) -> T:
        """Return what `fn` returns, tried again where that may help, before the deadline.

        `budget` takes the place of the guard's own for this call.
        """
        believed = self._believed(deadline)
        course = _Course(self._ends(believed), believed, budget or self._budget)
        era = self._enter()
        try:
            result = await self._persist(fn, course)
        except self._retry_on as error:
            self._breaker.failed(era, error)
            if self._alarm and getattr(error, "hopeless", False):
                await self._alarm(self._upstream)
            raise Unavailable(f"{self._upstream} failed {course.tries} times") from error
        except Unavailable:  # ours: no time, no turn, or no database to ask for a turn
            self._gave_up(era, course)
            raise
        except Exception:
            self._breaker.succeeded(era)
            raise
        except BaseException:
            self._breaker.left(era)
            raise
        self._breaker.succeeded(era)
        return result

    def _gave_up(self, era: int, course: _Course) -> None:
        if isinstance(course.failure, self._retry_on):
            self._breaker.failed(era, course.failure)
        else:
            self._breaker.left(era)

    def _enter(self) -> int:
        try:
            return self._breaker.enter()
        except CircuitOpen:
            self._count("circuit_open")
            raise

    def _believed(self, deadline: datetime | None) -> datetime | None:
        if deadline is None or self._now() - deadline > NOT_BELIEVED:
            return None
        return deadline

    def _ends(self, deadline: datetime | None) -> float:
        if deadline is None:
            return math.inf
        # Measured by the monotonic clock from here on: the wall clock may jump meanwhile.
        return self._clock() + (deadline - self._now()).total_seconds()

    async def _persist(self, fn: Callable[[], Awaitable[T]], course: _Course) -> T:
        retries = stamina.retry_context(
            on=lambda error: self._again(error, course),
            attempts=self._attempts,
            timeout=None,
            wait_initial=self._backoff.first,
            wait_max=self._backoff.longest,
            wait_jitter=self._backoff.jitter,
        )
        async for attempt in retries:
            with attempt:
                return await self._attempt(fn, course)
        raise AssertionError  # stamina returns a result or raises the last error

    async def _attempt(self, fn: Callable[[], Awaitable[T]], course: _Course) -> T:
        left = self._time_left(course)
        if course.budget is not None:
            await self._turn(course.budget, course)
            left = self._time_left(course)
        course.tries += 1
        began = self._clock()
        try:
            async with asyncio.timeout(min(self._timeout, left)):
                result = await fn()
        except TimeoutError as error:
            self._observe("timeout", began, course, error)
            if left < self._timeout and course.failure is None:
                raise TooLate(self._upstream) from error
            raise
        except BaseException as error:
            self._observe(_outcome(error), began, course, error)
            await self._pass_on(error, course.budget)
            raise
        self._observe("ok", began, course)
        return result

    def _time_left(self, course: _Course) -> float:
        left = course.ends - self._clock()
        if left < LEAST_SECONDS:
            raise TooLate(self._upstream)
        return left

    async def _turn(self, budget: Budget, course: _Course) -> None:
        latest = course.deadline and course.deadline - timedelta(seconds=LEAST_SECONDS)
        began = self._clock()
        try:
            await budget.wait(latest)
        except TooLate:
            self._count("over_budget")
            raise
        waited = self._clock() - began
        metrics.UPSTREAM_WAIT_SECONDS.labels(upstream=self._upstream).observe(waited)
        if self._breaker.is_open:  # others have found out meanwhile
            self._count("circuit_open")
            raise CircuitOpen(self._upstream)

    async def _pass_on(self, error: BaseException, budget: Budget | None) -> None:
        """Let the other replicas keep a pause that this one was asked for."""
        asked: timedelta | None = getattr(error, "retry_after", None)
        if budget is None or asked is None:
            return
        with suppress(Unavailable):  # they will be asked themselves
            await budget.hold(min(asked, LONGEST_HOLD))

    def _again(self, error: Exception, course: _Course) -> bool | float:
        if not isinstance(error, (*self._retry_on, *self._ask_again_on)):
            return False
        course.failure = error
        if getattr(error, "hopeless", False) or self._breaker.is_open:
            return False
        asked: timedelta | None = getattr(error, "retry_after", None)
        if asked is None:
            return self._fits(self._backoff.at_most(course.tries), course)
        if asked.total_seconds() > LONGEST_ASKED_SECONDS:
            return False
        # Replicas told the same must not all come back in the same instant.
        jitter = random.uniform(0, self._backoff.jitter.total_seconds())  # noqa: S311
        pause = asked.total_seconds() + jitter
        return pause if self._fits(pause, course) else False

    def _fits(self, pause: float, course: _Course) -> bool:
        return self._clock() + pause + LEAST_SECONDS <= course.ends

    def _observe(
        self, outcome: str, began: float, course: _Course, error: BaseException | None = None
    ) -> None:
        seconds = self._clock() - began
        self._count(outcome)
        metrics.UPSTREAM_SECONDS.labels(upstream=self._upstream).observe(seconds)
        if error is not None:
            # The type only: a message may hold what a patient said.
            log.warning(
                "upstream_attempt_failed",
                upstream=self._upstream,
                outcome=outcome,
                error=type(error).__name__,
                attempt=course.tries,
                seconds=round(seconds, 3),
            )

    def _count(self, outcome: str) -> None:
        metrics.UPSTREAM_CALLS.labels(upstream=self._upstream, outcome=outcome).inc()


def _outcome(error: BaseException) -> str:
    """Return the metric's label for an error: one of few."""
    match error:
        case asyncio.CancelledError():
            return "cancelled"
        case ConnectionError():
            return "connection"
        case _:
            return str(getattr(error, "outcome", "error"))
