"""How long audio and exports are kept: a time, and a size that the oldest ones make room for.

Recordings and mailed texts are archives: nothing here removes them.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from chassis import clock, metrics
from chassis.errors import Unavailable
from chassis.eventlog.outage import DATABASE_DOWN, asking
from chassis.objects.port import Listed
from chassis.objects.sealed import SealedObjects
from chassis.telemetry import get_logger

FOLDERS = ("tts_audio/", "export/")
PAUSE = timedelta(minutes=10)
PAUSE_FOR_ANOTHER = timedelta(minutes=1)
AT_ONCE = 100
_CLEANING = 7_203_114_419  # an advisory lock of ours: one replica at a time
log = get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How long, and how much in all."""

    time: timedelta
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """What one run removed, what is still there, and what had been left by interrupted puts."""

    expired: int
    over_size: int
    removed_bytes: int
    abandoned: int
    kept: int
    kept_bytes: int


@dataclass(frozen=True, slots=True)
class Excess:
    """What is to be removed, by reason."""

    expired: Sequence[Listed]
    over_size: Sequence[Listed]


def excess(listed: Sequence[Listed], keeping: Keeping, now: datetime) -> Excess:
    """Return what is too old, and of the rest the oldest ones that are too much."""
    expired = [each for each in listed if now - each.stored_at > keeping.time]
    rest = [each for each in listed if now - each.stored_at <= keeping.time]
    too_much = sum(each.size for each in rest) - keeping.size
    over_size: list[Listed] = []
    for each in sorted(rest, key=lambda each: (each.stored_at, each.key)):
        if too_much <= 0:
            break
        over_size.append(each)
        too_much -= each.size
    return Excess(expired, over_size)


class Retention:
    """Cleans the store, one replica at a time."""

    def __init__(
        self,
        objects: SealedObjects,
        pool: asyncpg.Pool,
        keeping: Keeping,
        *,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        """Keep what `keeping` says of `objects`."""
        self._objects = objects
        self._pool = pool
        self._keeping = keeping
        self._now = now
        self.facts: dict[str, Any] = {"reachable": False, "reason": "not looked at yet"}

    async def keep(self) -> None:
        """Clean every ten minutes until cancelled."""
        while True:
            pause = await self._kept()
            await asyncio.sleep(pause.total_seconds())

    async def run(self) -> Cleaned | None:
        """Clean now and return what was done; None when another replica is at it.

        Raises Unavailable when the store or the database does not answer.
        """
        async with self._alone() as alone:
            return await self._clean() if alone else None

    async def _kept(self) -> timedelta:
        try:
            cleaned = await self.run()
        except Unavailable as error:
            self._failed("unavailable", str(error))
        except Exception as error:  # noqa: BLE001 (a strange object must not close the door)
            self._failed("failed", type(error).__name__)
        else:
            if cleaned is None:
                return PAUSE_FOR_ANOTHER
        return PAUSE

    async def _clean(self) -> Cleaned:
        found = [await self._objects.list_objects(folder) for folder in FOLDERS]
        listed = [each for folder in found for each in folder]
        too_much = excess(listed, self._keeping, self._now())
        await self._remove(too_much.expired, "expired")
        await self._remove(too_much.over_size, "over_size")
        removed = sum(each.size for each in (*too_much.expired, *too_much.over_size))
        count = len(too_much.expired) + len(too_much.over_size)
        cleaned = Cleaned(
            expired=len(too_much.expired),
            over_size=len(too_much.over_size),
            removed_bytes=removed,
            abandoned=await self._objects.tidy(),
            kept=len(listed) - count,
            kept_bytes=sum(each.size for each in listed) - removed,
        )
        self._succeeded(cleaned)
        return cleaned

    async def _remove(self, objects: Sequence[Listed], reason: str) -> None:
        for start in range(0, len(objects), AT_ONCE):
            some = objects[start : start + AT_ONCE]
            await self._objects.delete(*(each.key for each in some))
            metrics.AUDIO_REMOVED.labels(reason=reason).inc(len(some))

    def _succeeded(self, cleaned: Cleaned) -> None:
        metrics.AUDIO_BYTES.set(cleaned.kept_bytes)
        metrics.RETENTION_RUNS.labels(outcome="ok").inc()
        self.facts = {
            "reachable": True,
            "objects": cleaned.kept,
            "bytes": cleaned.kept_bytes,
            "bytes_max": self._keeping.size,
            "looked_at": self._now().isoformat(timespec="seconds"),
        }
        log.info("objects_cleaned", **asdict(cleaned))

    def _failed(self, outcome: str, reason: str) -> None:
        metrics.RETENTION_RUNS.labels(outcome=outcome).inc()
        self.facts = {"reachable": False, "reason": reason}
        log.warning("objects_not_cleaned", reason=reason)

    @asynccontextmanager
    async def _alone(self) -> AsyncGenerator[bool]:
        with asking("the database"):
            connection = await self._pool.acquire()
        try:
            with asking("the database"):
                alone = await connection.fetchval("select pg_try_advisory_lock($1)", _CLEANING)
            yield alone
        finally:
            await self._let_go(connection)

    async def _let_go(self, connection: Any) -> None:
        try:
            await connection.execute("select pg_advisory_unlock_all()")
        except DATABASE_DOWN:
            connection.terminate()  # the lock ends with it
        await self._pool.release(connection)
