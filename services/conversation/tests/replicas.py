"""Replicas of the conversation service on real servers, one pool and one cache each."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import nats as nats_py
from nats.aio.client import Client

from chassis.bus.wire import Packer
from chassis.database import open_pool
from chassis.eventlog.codec import Codec, all_events
from chassis.eventlog.log import EventLog
from chassis.journal import Journal
from chassis.testing import Database
from contracts.base import CloudEvent, Event
from contracts.catalogue import REQUESTS, SUBJECTS
from contracts.conversation import ReplyRequested
from services.conversation.domain import (
    FACTS,
    FORMAT,
    INITIAL,
    Conversation,
    decide,
    decode_state,
    evolve,
)
from services.conversation.loop import Conversations, Decide
from services.conversation.sweeper import Sweeper
from services.conversation.tests.conversing import START

DAY = timedelta(hours=24)


class Clock:
    """The time, as a test sets it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


class Replica:
    """One replica: what it writes with, what it decides with, and its sweeper."""

    def __init__(
        self, pool: asyncpg.Pool, nats: Client, clock: Clock, decide: Decide = decide
    ) -> None:
        codec = Codec(all_events(SUBJECTS, FACTS))
        requests = {event: SUBJECTS[event] for event in REQUESTS}
        log = EventLog(pool, codec, source="/conversation", requests=requests)
        packer = Packer(log, codec)
        journal = Journal(log, nats, pool, subjects=SUBJECTS)
        self.journal = journal
        self.pool = pool
        self.nats = nats
        self.packer = packer
        self.conversations = Conversations(journal, idle_after=DAY, clock=clock, decide=decide)
        self.sweeper = Sweeper(self.conversations, journal, pool)

    async def record(self, stream: str, *inputs: Event) -> list[CloudEvent[Any]]:
        """Put inputs on record as the gateway and the workers do."""
        return await self.journal.record(stream, inputs) or []

    async def hear(self, stream: str, *inputs: Event) -> None:
        """Record inputs one after the other and decide each."""
        for each in inputs:
            (news,) = await self.record(stream, each)
            await self.conversations.hear(news)

    async def facts(self, stream: str) -> list[Event]:
        """Return what stands in a stream."""
        return [event.data for event in await self.journal.read(stream)]

    async def replies(self, stream: str) -> list[ReplyRequested]:
        """Return the answers of a stream."""
        return [fact for fact in await self.facts(stream) if isinstance(fact, ReplyRequested)]

    async def folded(self, stream: str) -> Conversation:
        """Return the state that the log alone gives."""
        state = INITIAL
        for event in await self.journal.read(stream):
            state = evolve(state, event)
        return state

    async def snapshot(self, stream: str) -> Conversation | None:
        """Return the state as it was last kept."""
        kept = await self.journal.log.snapshot(stream, form=FORMAT)
        return decode_state(kept.state) if kept else None

    async def is_pending(self, stream: str) -> bool:
        """Tell whether a stream waits to be looked at."""
        find = "select pending_since is not null from eventlog.streams where stream = $1"
        return bool(await self.pool.fetchval(find, stream))


@asynccontextmanager
async def replica(
    postgres: Database, nats: str, clock: Clock, decide: Decide = decide
) -> AsyncGenerator[Replica]:
    """Run one replica's connections for the length of a block."""
    client = await nats_py.connect(nats)
    async with open_pool(postgres.service_url) as pool:
        yield Replica(pool, client, clock, decide)
    await client.close()


def a_stream() -> str:
    """Return a conversation that nobody has begun."""
    return str(uuid4())
