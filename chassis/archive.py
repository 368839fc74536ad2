"""Copies for the archive, kept beside the work: an answer never waits for them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Protocol

from chassis import metrics
from chassis.errors import Unavailable
from chassis.telemetry import get_logger

MOST_BYTES = 64 * 1024 * 1024
"""What may wait in memory for a store that is away; a copy beyond it is given up."""
CLOSING_SECONDS = 5.0
log = get_logger()


class Keeper(Protocol):
    """A store that tries again by itself; see chassis.objects.sealed."""

    async def put(self, stream: str, key: str, data: bytes, *, content_type: str) -> None:
        """Keep an object, or raise Unavailable."""
        ...


class Archive:
    """Keeps copies in tasks of its own; a copy that fails is counted and logged."""

    def __init__(self, objects: Keeper, *, most_bytes: int = MOST_BYTES) -> None:
        """Keep copies in `objects`; made by `archive`, which waits for the last ones."""
        self._objects = objects
        self._most_bytes = most_bytes
        self._waiting = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def keep(self, stream: str, key: str, data: bytes, *, content_type: str) -> None:
        """Begin to keep a copy of a stream's data under a key like `voicemail/…`."""
        if self._waiting + len(data) > self._most_bytes:
            _note(key, "dropped")
            return
        self._waiting += len(data)
        task = asyncio.create_task(self._keep(stream, key, data, content_type), name="archive")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self, within: float = CLOSING_SECONDS) -> None:
        """Wait for the copies in hand; what is not kept by then is given up."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep(self, stream: str, key: str, data: bytes, content_type: str) -> None:
        outcome = "failed"
        try:
            await self._objects.put(stream, key, data, content_type=content_type)
            outcome = "kept"
        except Unavailable:
            log.warning("archive_store_unavailable")
        except Exception as error:  # noqa: BLE001 (a bug in a store: seen, and of no harm to answers)
            log.error("archive_broken", error=type(error).__name__)  # noqa: TRY400 (no traceback: health data)
        finally:
            self._waiting -= len(data)
            _note(key, outcome)


def _note(key: str, outcome: str) -> None:
    kind = key.partition("/")[0]
    metrics.ARCHIVED.labels(kind=kind, outcome=outcome).inc()
    if outcome != "kept":
        log.error("archive_copy_lost", kind=kind, outcome=outcome)


@asynccontextmanager
async def archive(objects: Keeper) -> AsyncGenerator[Archive]:
    """Open an archive for as long as a service runs."""
    opened = Archive(objects)
    try:
        yield opened
    finally:
        await opened.close()
