"""Copies for the archive, kept beside the work: an answer never waits for them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any, Protocol

from chassis import metrics
from chassis.errors import Unavailable
from chassis.telemetry import get_logger
from contracts.base import CloudEvent

MOST_BYTES = 64 * 1024 * 1024
"""What may wait in memory for a store that is away; a copy beyond it is given up."""
CLOSING_SECONDS = 5.0
TRIES = 3
PAUSE = timedelta(seconds=2)
"""Between the first two tries, then twice that: the store has tried again by itself before."""
LOST = frozenset({"failed", "dropped"})
log = get_logger()


class Keeper(Protocol):
    """A store for what may be unwanted by the time it comes; see chassis.objects.sealed."""

    async def put(
        self,
        made_for: CloudEvent[Any],
        key: str,
        data: bytes,
        *,
        content_type: str,
        words_of: str = "",
    ) -> bool:
        """Keep an object, or raise Unavailable; False when it is not to be kept any more."""
        ...


class Archive:
    """Keeps copies in tasks of its own; a copy that fails is counted and logged."""

    def __init__(
        self, objects: Keeper, *, most_bytes: int = MOST_BYTES, pause: timedelta = PAUSE
    ) -> None:
        """Keep copies in `objects`; made by `archive`, which waits for the last ones."""
        self._objects = objects
        self._pause = pause.total_seconds()
        self._most_bytes = most_bytes
        self._waiting = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def keep(
        self,
        made_for: CloudEvent[Any],
        key: str,
        data: bytes,
        *,
        content_type: str,
        words_of: str = "",
    ) -> None:
        """Begin to keep what was made for an event under a key like `voicemail/…`.

        `words_of` is the message that it is made of, if that can be taken back.
        """
        if self._waiting + len(data) > self._most_bytes:
            _note(key, "dropped")
            return
        self._waiting += len(data)
        put = partial(
            self._objects.put, made_for, key, data, content_type=content_type, words_of=words_of
        )
        task = asyncio.create_task(self._keep(put, key, len(data)), name="archive")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self, within: float = CLOSING_SECONDS) -> None:
        """Wait for the copies in hand; what is not kept by then is given up."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep(self, put: Callable[[], Awaitable[bool]], key: str, size: int) -> None:
        outcome = "failed"
        try:
            outcome = await self._outcome(put)
        except Exception as error:  # noqa: BLE001 (a bug in a store: seen, and of no harm to answers)
            log.error("archive_broken", error=type(error).__name__)  # noqa: TRY400 (no traceback: health data)
        finally:
            self._waiting -= size
            _note(key, outcome)

    async def _outcome(self, put: Callable[[], Awaitable[bool]]) -> str:
        for number in range(1, TRIES + 1):
            try:
                return "kept" if await put() else "unwanted"
            except Unavailable:
                log.warning("archive_store_unavailable", tries=number)
            if number < TRIES:
                await asyncio.sleep(self._pause * number)
        return "failed"


def _note(key: str, outcome: str) -> None:
    kind = key.partition("/")[0]
    metrics.ARCHIVED.labels(kind=kind, outcome=outcome).inc()
    if outcome in LOST:
        log.error("archive_copy_lost", kind=kind, outcome=outcome)


@asynccontextmanager
async def archive(objects: Keeper) -> AsyncGenerator[Archive]:
    """Open an archive for as long as a service runs."""
    opened = Archive(objects)
    try:
        yield opened
    finally:
        await opened.close()
