"""A gateway with a console, and letters to look at on it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import nats as nats_py

from chassis.bus.wire import Packer
from chassis.journal import Journal
from chassis.tests.logged import a_stream, asked, event_log
from contracts.base import CloudEvent
from contracts.catalogue import SUBJECTS
from contracts.subjects import DEAD_PREFIX, TRANSLATION_REQUESTED, TRANSLATION_TRANSLATE

PASSWORD = "correct horse"
LETTERS = "/admin/dead-letters"
DEEDS = """
    select data->>'deed' as deed, data->>'by' as by from eventlog.events
    where type = 'operator.dead_letter_handled' order by position
"""


@dataclass
class Desk:
    """An operator at the console, and a system whose consumers give messages up."""

    http: httpx.AsyncClient
    journal: Journal
    packer: Packer
    nats: Any
    pool: asyncpg.Pool

    async def gives_up(self) -> CloudEvent[Any]:
        """Give up a request that nobody is told of."""
        (event,) = await self.journal.record(a_stream(), [asked()], turn=a_stream()) or []
        await self.journal.park(event.id)
        await self.bury(await self.packer.pack(event))
        return event

    async def bury(self, body: bytes) -> int:
        """Write a letter; return its number."""
        headers = {
            "Dead-Subject": TRANSLATION_REQUESTED,
            "Dead-Error": "KeyError",
            "Dead-Place": "services.translation.handlers:33",
            "Dead-Tries": "5",
        }
        subject = DEAD_PREFIX + TRANSLATION_TRANSLATE
        ack = await self.nats.jetstream().publish(subject, body, headers=headers)
        number: int = ack.seq
        return number

    async def deeds(self) -> list[str]:
        """Return what is on record of what operators did."""
        return [f"{row['deed']} by {row['by']}" for row in await self.pool.fetch(DEEDS)]


@asynccontextmanager
async def a_desk(http: httpx.AsyncClient, pool: asyncpg.Pool, nats: str) -> AsyncGenerator[Desk]:
    """Sit down at the console of a gateway on these servers."""
    client = await nats_py.connect(nats)
    log = event_log(pool)
    journal = Journal(log, client, pool, subjects=SUBJECTS)
    http.auth = httpx.BasicAuth("mei", PASSWORD)
    yield Desk(http, journal, Packer(log, log.codec), client, pool)
    await client.close()
