"""The log and the bus in one: what is recorded is published right after its commit.

Publishing does not wait for the bus: a request stays in the outbox until its result stands in
the log, and a stream stays marked as pending until it was looked at. The sweeper goes by those,
so a lost message is late, never lost.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from nats.aio.client import Client

from chassis import metrics
from chassis.bus.wire import wired
from chassis.bus.word import say
from chassis.clock import now
from chassis.decider import derived_id
from chassis.eventlog.erasure import Erasure, erase
from chassis.eventlog.log import REPUBLISH_AFTER, Append, EventLog, NewEvent, Written
from chassis.eventlog.outage import asking
from chassis.eventlog.people import People
from chassis.forgetting import spread
from contracts.base import CloudEvent, Event
from contracts.catalogue import REQUESTS

YOUNG = REPUBLISH_AFTER * 0.8
"""Nobody has published a younger request a second time, nor handed it to another replica."""


class Journal:
    """How a service puts facts on record and tells the others."""

    def __init__(
        self,
        log: EventLog,
        nats: Client,
        pool: asyncpg.Pool,
        *,
        subjects: Mapping[type[Event], str],
    ) -> None:
        """Publish the events that have a subject in `subjects`."""
        self.log = log
        self.pool = pool
        self.people = People(pool)
        self._nats = nats
        self._subjects = subjects

    async def append(self, new: Append) -> list[CloudEvent[Any]] | None:
        """Append to the log, then publish; see EventLog.append."""
        written = await self.log.write(new)
        if written is None:
            return None
        # What somebody is to act on goes first: the bus stores one message after the other.
        for each in sorted(written, key=_is_news):
            await self._say(each)
        return [each.event for each in written]

    async def erase(self, new: Erasure) -> CloudEvent[Any] | None:
        """Destroy a stream's key and tell everybody; None when that was done before.

        Raises as an append does.
        """
        written = await erase(self.log, new)
        await self.forget(new.stream)
        if written is None:
            return None
        await self._say(written)
        return written.event

    async def forget(self, stream: str) -> None:
        """Tell every process to forget a stream: its key is gone, or what was made of it.

        That a key is gone is told again at each repetition: who destroyed it may have died
        before it could tell.
        """
        self.log.keyring.forget(stream)
        await spread(self._nats, stream)

    async def record(  # noqa: PLR0913 (named options of one append)
        self,
        stream: str,
        events: Sequence[Event],
        *,
        key: str | None = None,
        ids: Sequence[str] | None = None,
        turn: str | None = None,
        cause: CloudEvent[Any] | None = None,
        wakes: bool = True,
        settles: Sequence[str] = (),
        traceparent: str | None = None,
    ) -> list[CloudEvent[Any]] | None:
        """Append events to a stream wherever it ends now; None when `key` was used before.

        `wakes`: the conversation has to look at its stream. `settles`: ids of request events
        that are done with.
        """
        names = ids or [str(uuid4()) for _ in events]
        context = traceparent or (cause.traceparent if cause else None)
        return await self.append(
            Append(
                stream=stream,
                events=[
                    NewEvent(
                        id=name,
                        event=event,
                        cause=cause.id if cause else None,
                        turn=turn,
                        traceparent=context,
                    )
                    for name, event in zip(names, events, strict=True)
                ],
                key=key,
                settles=settles,
                pending=True if wakes else None,
            )
        )

    async def answer(self, asked: CloudEvent[Any], result: Event) -> bool:
        """Record the result of a request, once; False when it had one already."""
        recorded = await self.record(
            asked.stream,
            [result],
            key=f"result:{asked.id}",
            ids=[derived_id(asked.id, "result")],
            turn=asked.turn,
            cause=asked,
            settles=[asked.id],
        )
        return recorded is not None

    async def is_settled(self, asked: CloudEvent[Any]) -> bool:
        """Tell whether a request is done with: answered, cancelled or timed out.

        A young request was published once: to ask the database about it would cost each turn a
        round trip, to save the rare call whose user has said stop within seconds.
        """
        if now() - asked.time < YOUNG:
            return False
        find = "select 1 from eventlog.outbox where event_id = $1"
        with asking("the event log"):
            return await self.pool.fetchval(find, UUID(asked.id)) is None

    async def park(self, event_id: str) -> None:
        """Stop publishing a request that became a dead letter; its deadline still holds."""
        park = "update eventlog.outbox set next_publish_at = 'infinity' where event_id = $1"
        with asking("the event log"):
            await self.pool.execute(park, UUID(event_id))

    async def read(self, stream: str, after: int = 0) -> list[CloudEvent[Any]]:
        """Return the events of a stream above version `after`, in order."""
        return await self.log.read(stream, after=after)

    async def read_kinds(self, stream: str, *kinds: type[Event]) -> list[CloudEvent[Any]]:
        """Return a stream's events of some kinds, in order."""
        return await self.log.read_kinds(stream, *kinds)

    async def read_event(self, event_id: str) -> CloudEvent[Any] | None:
        """Return one event by its id."""
        return await self.log.read_event(event_id)

    async def publish_again(self, event_id: str) -> None:
        """Put an event on the bus as it stands in the log; a failure of the bus is only counted."""
        written = await self.log.read_written(event_id)
        if written is not None:
            await self._say(written)

    async def belongs(self, stream: str, person: str) -> None:
        """Put on record that a conversation in a group is one of this person's."""
        await self.people.note(stream, person)

    async def _say(self, written: Written) -> None:
        subject = self._subjects.get(type(written.event.data))
        if subject is None:
            return
        headers = {"Nats-Msg-Id": written.event.id}
        if not await say(self._nats.publish(subject, wired(written), headers=headers)):
            metrics.PUBLISH_FAILURES.inc()


def _is_news(written: Written) -> bool:
    return type(written.event.data) not in REQUESTS
