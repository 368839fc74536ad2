"""What the other services do for the gateway: they put objects and sign links to them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import nats as nats_py
from nats.aio.client import Client

from chassis.eventlog.keyring import Keyring
from chassis.links import Links, open_links
from chassis.objects.jetstream import JetStreamObjects
from chassis.objects.sealed import SealedObjects
from chassis.tests.logged import a_stream, on_record

SOUND = bytes(range(256)) * 1_000
DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the other services do: put objects, and sign links to them."""

    objects: SealedObjects
    links: Links
    nats: Client
    stream: str

    async def put(self, data: bytes = SOUND, form: str = "tts_audio/{0}/{1}.m4a") -> str:
        """Keep an object and return its key."""
        key = form.format(self.stream, uuid4())
        await self.objects.put(on_record(self.stream), key, data, content_type="audio/mp4")
        return key

    def name(self, key: str, *, ago: timedelta = timedelta(0)) -> str:
        """Return the name of a link to it."""
        return self.links.sign(key, now=datetime.now(UTC) - ago)

    async def audio(self) -> str:
        """Return the path of audio that has just been made."""
        return f"/audio/{self.name(await self.put())}"


@asynccontextmanager
async def shelf_on(pool: asyncpg.Pool, nats: str) -> AsyncGenerator[Shelf]:
    """Yield a shelf of a stream of its own."""
    client = await nats_py.connect(nats)
    stream, keyring = a_stream(), Keyring(pool)
    await keyring.key(stream)
    objects = SealedObjects(JetStreamObjects(client), keyring)
    links = await open_links(pool, lifetime=DAY)
    yield Shelf(objects, links, client, stream)
    await client.close()
