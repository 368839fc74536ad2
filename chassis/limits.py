"""Limits that hold over all replicas: messages are admitted or not, upstream calls wait in turn.

The database's clock is the only one, and asking costs one round trip (0.3 ms on an idle machine).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from chassis import clock
from chassis.errors import Unavailable
from chassis.eventlog.outage import asking
from chassis.resilience import TooLate
from chassis.telemetry import get_logger
from contracts.gateway import Limit

TIDY_SECONDS = 60.0
_ADMIT = "select limits.admit($1, $2, $3, $4, $5, $6)"
_RESERVE = "select limits.take($1, $2, $3)"
_HOLD = """
    insert into limits.buckets as b (name, ready_at) values ($1, clock_timestamp() + $2::interval)
    on conflict (name) do update set ready_at = greatest(b.ready_at, excluded.ready_at)
"""
# Rows that somebody holds are in use: to wait for them here could end in a deadlock.
_FORGET = """
    delete from limits.buckets where name in (
        select name from limits.buckets where ready_at < clock_timestamp() for update skip locked
    )
"""
_FORGET_MINUTES = """
    delete from limits.minutes where name in (
        select name from limits.minutes where cardinality(limits.last_minute(let_in)) = 0
        for update skip locked
    )
"""
log = get_logger()


@dataclass(frozen=True, slots=True)
class Rate:
    """One in each `interval`, and as many as `capacity` at once after a rest."""

    interval: timedelta
    capacity: int = 1

    @property
    def within(self) -> timedelta:
        """How full a limit may be for one more to be let in."""
        return self.interval * (self.capacity - 1)


def per_minute(count: int, *, beyond: int = 0) -> Rate | None:
    """Return `count` a minute on the whole, and in no minute more than that and `beyond`.

    All of them may come at once: who taps quickly is no flood. A count of 0 is no limit: None.
    """
    return Rate(timedelta(minutes=1) / count, count + beyond) if count else None


def tokens(capacity: int, *, per_second: int) -> Rate | None:
    """Return a bucket of `capacity` tokens that is refilled `per_second`; None when that is 0."""
    return Rate(timedelta(seconds=1) / per_second, max(1, capacity)) if per_second else None


class MessageLimits:
    """The limits of each user and of all together; asked in one round trip, none without limits."""

    def __init__(self, pool: asyncpg.Pool, *, user: Rate | None, everybody: Rate | None) -> None:
        """Count in `pool`'s database; a user's rate is one of `per_minute`."""
        self._pool = pool
        self._rates = (*_places(user), user and user.capacity, *_places(everybody))
        self._are_off = user is None and everybody is None

    async def admit(self, user: str) -> Limit | None:
        """Let in a message of `user` (a pseudonym), or return the limit that it is over.

        What one limit refuses takes nothing of the other. Raises Unavailable without a database.
        """
        if self._are_off:
            return None
        with asking("the limits"):
            over: Limit | None = await self._pool.fetchval(_ADMIT, user, *self._rates)
        return over


def _places(rate: Rate | None) -> tuple[timedelta | None, timedelta | None]:
    return (rate.interval, rate.within) if rate else (None, None)


class PostgresBudget:
    """How often all replicas together may call an upstream: a place each, first come first served.

    There is no burst: n a minute are one in each n-th of it, so no minute sees more than n + 1.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        name: str,
        count: int,
        *,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        """Allow `count` calls a minute under this name, in `pool`'s database; 0 is no limit."""
        self._pool = pool
        self._name = name
        self._rate = Rate(timedelta(minutes=1) / count) if count else None
        self._now = now

    async def wait(self, deadline: datetime | None) -> None:
        """Return when it is our turn.

        Raises TooLate at once when that is past the deadline (no place is taken then), and
        Unavailable without a database.
        """
        if self._rate is None:
            return
        within = None if deadline is None else deadline - self._now()
        ahead = await self._place(self._rate.interval, within)
        if ahead is None:
            raise TooLate(f"the budget of {self._name.partition(':')[0]}")
        await asyncio.sleep(ahead.total_seconds())

    async def hold(self, pause: timedelta) -> None:
        """Give no replica a turn for so long; who has one already keeps it.

        Raises Unavailable without a database.
        """
        if self._rate is None:
            return
        with asking("the limits"):
            await self._pool.execute(_HOLD, self._name, pause)

    async def _place(self, interval: timedelta, within: timedelta | None) -> timedelta | None:
        if within is not None and within < timedelta(0):
            return None
        with asking("the limits"):
            ahead: timedelta | None = await self._pool.fetchval(
                _RESERVE, self._name, interval, within
            )
        return ahead


async def tidy_limits(pool: asyncpg.Pool) -> None:
    """Remove the rows of limits at rest each minute, until cancelled: no row means the same."""
    while True:
        try:
            await forget_rested(pool)
        except Unavailable:
            log.warning("limits_not_tidied")
        await asyncio.sleep(TIDY_SECONDS)


async def forget_rested(pool: asyncpg.Pool) -> None:
    """Remove the rows of limits at rest, once."""
    with asking("the limits"):
        await pool.execute(_FORGET)
        await pool.execute(_FORGET_MINUTES)
