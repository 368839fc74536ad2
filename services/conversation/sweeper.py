"""Healing what was lost on the way: the log says what is due, whatever happened to the bus."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import asyncpg

from chassis import metrics
from chassis.errors import Unavailable
from chassis.eventlog.log import REPUBLISH_AFTER
from chassis.eventlog.outage import DATABASE_DOWN
from chassis.journal import Journal
from chassis.telemetry import get_logger
from services.conversation.loop import Conversations

SWEEP_SECONDS = 1.0
OVERLOOKED_AFTER = timedelta(seconds=2)
"""An input that nobody has looked at for so long has lost its message."""
BATCH = 100
LONGEST_REPUBLISH = timedelta(minutes=2)

_DUE_STREAMS = """
    select stream from eventlog.streams
    where pending_since < clock_timestamp() - $1::interval or wake_at < clock_timestamp()
    order by random() limit $2
"""
# By chance: streams that cannot be read stay due, and must not fill every batch.
_DUE_REQUESTS = """
    update eventlog.outbox as o set
        publishes = o.publishes + 1,
        -- Twelve doublings are past any longest wait; a hundred are past what an interval can hold.
        next_publish_at = clock_timestamp()
            + least($1::interval * power(2, least(o.publishes, 12)), $2::interval)
    from (
        select event_id from eventlog.outbox where next_publish_at < clock_timestamp()
        order by next_publish_at limit $3 for update skip locked
    ) as due
    where o.event_id = due.event_id
    returning o.event_id
"""
_OLDEST = """
    select coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)::float
    from eventlog.outbox where next_publish_at < 'infinity'
"""
# What was given up is counted as a dead letter.
LOOKS = 40
"""So often a stream may fail to be decided, once a second: its own messages take 15 s to end it."""
MOST_FAILED = 10_000
GiveUp = Callable[[str], Awaitable[None]]
log = get_logger()


class Sweeper:
    """Wakes streams that wait for a look, and publishes again what nobody has settled."""

    def __init__(
        self,
        conversations: Conversations,
        journal: Journal,
        pool: asyncpg.Pool,
        *,
        give_up: GiveUp | None = None,
    ) -> None:
        """Sweep the database behind `pool`; every replica may.

        `give_up` is told of a stream that can't be decided, and whose own messages do not end it.
        """
        self._give_up = give_up
        self._failed: Counter[str] = Counter()
        self._conversations = conversations
        self._journal = journal
        self._pool = pool

    async def run(self) -> None:
        """Sweep every second until cancelled; a sweep that fails is made up for by the next."""
        while True:
            more = False
            try:
                more = await self.sweep()
            except (Unavailable, *DATABASE_DOWN) as error:
                log.warning("sweep_failed", error=type(error).__name__)
            await asyncio.sleep(0 if more else SWEEP_SECONDS)

    async def sweep(self) -> bool:
        """Do one round; True when more was due than fits into one, and it got on with it."""
        due = await self._pool.fetch(_DUE_STREAMS, OVERLOOKED_AFTER, BATCH)
        looked = [await self._look(row["stream"]) for row in due]
        for row in await self._pool.fetch(_DUE_REQUESTS, REPUBLISH_AFTER, LONGEST_REPUBLISH, BATCH):
            await self._publish_again(row["event_id"])
        metrics.OUTBOX_AGE.set(await self._pool.fetchval(_OLDEST) or 0.0)
        return len(due) == BATCH and any(looked)

    async def _look(self, stream: UUID) -> bool:
        metrics.SWEPT.labels(action="look").inc()
        try:
            await self._conversations.look(str(stream))
        except Unavailable:
            raise
        except Exception as error:
            # One poisoned stream must not keep the others waiting; its own messages park it.
            log.error("look_failed", error=type(error).__name__)  # noqa: TRY400 (texts may leak)
            log.debug("look_trace", exc_info=error)
            await self._failed_again(str(stream))
            return False
        del self._failed[str(stream)]
        return True

    async def _failed_again(self, stream: str) -> None:
        """Give up what holds up a stream, should the bus have lost the messages that would."""
        if len(self._failed) > MOST_FAILED:
            self._failed.clear()
        self._failed[stream] += 1
        if self._give_up is None or self._failed[stream] < LOOKS:
            return
        del self._failed[stream]
        try:
            await self._give_up(stream)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 (no event of it can be read: it waits for a repair)
            log.error("not_given_up", error=type(error).__name__)  # noqa: TRY400 (texts may leak)

    async def _publish_again(self, event_id: UUID) -> None:
        metrics.SWEPT.labels(action="publish").inc()
        await self._journal.publish_again(str(event_id))
