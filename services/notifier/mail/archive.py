"""Keeping a copy of what was mailed; nobody waits for it."""

import asyncio
from datetime import timedelta

from chassis.errors import Unavailable
from chassis.objects.sealed import SealedObjects
from chassis.telemetry import get_logger

TRIES = 3
PAUSE = timedelta(seconds=2)
MOST_AT_ONCE = 100
"""Copies under way: past it a copy is given up, and the log says so."""
DRAIN = timedelta(seconds=5)
KIND = "text/plain; charset=utf-8"
log = get_logger()


class Archive:
    """Copies under way, in this process."""

    def __init__(self, objects: SealedObjects, *, pause: timedelta = PAUSE) -> None:
        """Keep copies in `objects`; between two tries pass a `pause`, and then two."""
        self._objects = objects
        self._pause = pause.total_seconds()
        self._tasks: set[asyncio.Task[None]] = set()

    def keep(self, stream: str, key: str, text: str) -> None:
        """Begin to keep a text under a key of its stream."""
        if len(self._tasks) >= MOST_AT_ONCE:
            log.error("archive_full")
            return
        task = asyncio.create_task(self._kept(stream, key, text.encode()), name="archive")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Finish the copies under way, or give them up when they take too long."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=DRAIN.total_seconds())
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _kept(self, stream: str, key: str, data: bytes) -> None:
        for number in range(1, TRIES + 1):
            try:
                await self._objects.put(stream, key, data, content_type=KIND)
            except Unavailable:
                log.warning("archive_failed", tries=number)
            except Exception as error:  # noqa: BLE001 (nobody awaits this task but the log)
                log.error("archive_broken", error=type(error).__name__)  # noqa: TRY400
                return
            else:
                return
            if number < TRIES:
                await asyncio.sleep(self._pause * number)
