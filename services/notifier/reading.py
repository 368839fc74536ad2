"""Marking messages as read: best effort, beside the answers, only where LINE lets us.

LINE takes it from accounts with Chat on that do not mark as read by themselves. Which they are
is asked once an hour, and not before there is something to mark.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable

from chassis import metrics
from services.notifier.delivery import Accepted, Rejected
from services.notifier.ports import Messenger

READERS = 4
MOST_WAITING = 1_000
MOST_REMEMBERED = 1_000
"""A turn brings its message's token twice, with the work and with the answer."""
ASK_AGAIN_SECONDS = 3_600.0


class ReadMarks:
    """Messages that are to be marked as read, in this process."""

    def __init__(
        self, messenger: Messenger, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Mark nothing yet."""
        self._messenger = messenger
        self._clock = clock
        self._waiting: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)
        self._noted: OrderedDict[str, None] = OrderedDict()
        self._asking = asyncio.Lock()
        self._allowed = False
        self._ask_at = 0.0

    def note(self, token: str) -> None:
        """Have a message marked as read soon; never waits, and drops it when too many do."""
        if not token or token in self._noted or self._is_off():
            return
        self._noted[token] = None
        if len(self._noted) > MOST_REMEMBERED:
            self._noted.popitem(last=False)
        try:
            self._waiting.put_nowait(token)
        except asyncio.QueueFull:
            metrics.READ_MARKS.labels(outcome="dropped").inc()

    async def run(self) -> None:
        """Mark what is noted, for as long as the service runs."""
        await asyncio.gather(*(self._read() for _ in range(READERS)))

    async def _read(self) -> None:
        while True:
            token = await self._waiting.get()
            if await self._is_allowed():
                await self._mark(token)

    async def _mark(self, token: str) -> None:
        heard = await self._messenger.mark_as_read(token)
        outcome = "marked" if isinstance(heard, Accepted) else "failed"
        metrics.READ_MARKS.labels(outcome=outcome).inc()
        if isinstance(heard, Rejected) and heard.status == 400:  # noqa: PLR2004 (bad request)
            self._know(allowed=False)

    async def _is_allowed(self) -> bool:
        async with self._asking:
            if self._clock() >= self._ask_at:
                self._know(allowed=await self._messenger.may_mark_as_read())
            return self._allowed

    def _know(self, *, allowed: bool) -> None:
        self._allowed, self._ask_at = allowed, self._clock() + ASK_AGAIN_SECONDS

    def _is_off(self) -> bool:
        return not self._allowed and self._clock() < self._ask_at
