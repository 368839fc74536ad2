"""A hospital of one process on servers of its own, whose data folder a test may search."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import nats as nats_py
import orjson
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from chassis.bus.wire import Packer
from chassis.database import migrate, open_pool
from chassis.decider import derived_id
from chassis.eventlog.codec import Codec, all_events
from chassis.eventlog.log import EventLog
from chassis.forgetting import Forgetting
from chassis.journal import Journal
from chassis.objects.jetstream import JetStreamObjects
from chassis.objects.sealed import SealedObjects
from chassis.provision import provision
from chassis.settings import load
from chassis.testing import poll
from cli.embedded.nats import nats_server
from cli.embedded.postgres import postgres
from cli.embedded.roles import admit_service_role
from contracts.base import CloudEvent, Event
from contracts.catalogue import REQUESTS, SUBJECTS
from contracts.conversation import ReplyRequested
from contracts.notifier import ReplyDelivered
from contracts.subjects import STREAMS
from services.conversation.app import run
from services.conversation.domain import FACTS
from services.conversation.settings import ConversationSettings
from services.gateway.intake import Intake
from services.gateway.webhook import hear

NOW = datetime.now(UTC)
WITHIN = 20.0


@dataclass
class Hospital:
    """The gateway's door, the conversation service, and the test in the part of everybody else."""

    root: Path
    owner: asyncpg.Connection
    pool: asyncpg.Pool
    nats: Client
    journal: Journal
    packer: Packer
    objects: SealedObjects

    async def says(self, user: str, text: str, group: str | None = None) -> str:
        """Let LINE deliver a message; return its stream once the answer is out or work begins."""
        heard = hear(orjson.dumps(_webhook_event(user, text, group)), datetime.now(UTC))
        assert heard is not None
        await Intake(self.journal).take(
            [heard], "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        )
        await poll(lambda: self._is_decided(heard.stream), within=WITHIN)
        await self.deliver()
        return heard.stream

    async def answer(self, stream: str, kind: type[Event], result: Any) -> None:
        """Answer the last request of a kind, as its worker does; `result` makes the fact."""
        events = await self.journal.read(stream)
        asked = next(each for each in reversed(events) if isinstance(each.data, kind))
        assert await self.journal.answer(asked, result(asked.data))
        await poll(lambda: self._is_decided(stream), within=WITHIN)
        await self.deliver()

    async def deliver(self) -> None:
        """Deliver what is to be shown, as the notifier does."""
        owed = await self.pool.fetch("select event_id from eventlog.outbox")
        for row in owed:
            event = await self.journal.read_event(str(row["event_id"]))
            if event is not None and isinstance(event.data, ReplyRequested):
                await self._delivered(event)

    async def events(self, stream: str) -> list[CloudEvent[Any]]:
        """Return a stream's events."""
        return await self.journal.read(stream)

    async def on_the_bus(self) -> list[CloudEvent[Any]]:
        """Return everything that the bus still keeps."""
        found: list[CloudEvent[Any]] = []
        manager = self.nats.jsm()
        for name in STREAMS:
            state = (await manager.stream_info(name)).state
            for number in range(max(state.first_seq, 1), state.last_seq + 1):
                with suppress(NotFoundError):
                    message = await manager.get_msg(name, number)
                    found.append(await self.packer.unpack(message.data or b""))
        return found

    async def flushed(self) -> Path:
        """Bring everything to disk and return the folder it lies in."""
        await self.owner.execute("checkpoint")
        return self.root

    async def _delivered(self, asked: CloudEvent[ReplyRequested]) -> None:
        fact = ReplyDelivered(
            reply_id=asked.data.reply_id,
            turn_id=asked.data.turn_id,
            channel="reply",
            delivered_at=datetime.now(UTC),
        )
        stream = derived_id("delivery", asked.stream)
        key = f"delivered:{asked.id}"
        await self.journal.record(stream, [fact], key=key, wakes=False, settles=[asked.id])

    async def _is_decided(self, stream: str) -> bool:
        find = "select pending_since is null from eventlog.streams where stream = $1"
        return bool(await self.pool.fetchval(find, UUID(stream)))


@asynccontextmanager
async def hospital(root: Path) -> AsyncGenerator[Hospital]:
    """Open one on an empty folder."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(postgres(root / "database"))
        bus = await stack.enter_async_context(nats_server(root / "bus"))
        await migrate(database.owner_url)
        await admit_service_role(database.owner_url)
        await provision(database.owner_url, bus.url)
        owner = await asyncpg.connect(database.owner_url)
        stack.push_async_callback(owner.close)
        pool = await stack.enter_async_context(open_pool(database.service_url))
        nats = await nats_py.connect(bus.url)
        stack.push_async_callback(nats.close)
        await stack.enter_async_context(_conversing(database.service_url, bus.url))
        at = _hospital(root, owner, pool, nats)
        forgetting = Forgetting()
        forgetting.add(at.journal.log.keyring.forget)
        await forgetting.listen(nats)
        yield at


def _hospital(root: Path, owner: asyncpg.Connection, pool: asyncpg.Pool, nats: Client) -> Hospital:
    codec = Codec(all_events(SUBJECTS, FACTS))
    requests = {event: SUBJECTS[event] for event in REQUESTS}
    log = EventLog(pool, codec, source="/gateway", requests=requests)
    packer = Packer(log, codec)
    journal = Journal(log, nats, pool, subjects=SUBJECTS)
    objects = SealedObjects(JetStreamObjects(nats), log.keyring)
    return Hospital(root, owner, pool, nats, journal, packer, objects)


@asynccontextmanager
async def _conversing(database_url: str, nats_url: str) -> AsyncGenerator[None]:
    environment = {"DATABASE_URL": database_url, "NATS_URL": nats_url, "HOST": "127.0.0.1"}
    task = asyncio.create_task(run(load(ConversationSettings, environment)))
    try:
        yield
        assert not task.done(), "the conversation service ended"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _webhook_event(user: str, text: str, group: str | None) -> dict[str, Any]:
    name = derived_id(user, text, group or "", str(datetime.now(UTC)))
    message: dict[str, Any] = {"type": "text", "id": name[:18], "text": text}
    source = {"type": "user", "userId": user}
    if group:
        mention = {"index": 0, "length": 4, "type": "user", "userId": "Ubot", "isSelf": True}
        message |= {"text": f"@bot {text}", "mention": {"mentionees": [mention]}}
        source = {"type": "group", "userId": user, "groupId": group}
    return {
        "type": "message",
        "mode": "active",
        "timestamp": int(datetime.now(UTC).timestamp() * 1_000),
        "source": source,
        "webhookEventId": name,
        "deliveryContext": {"isRedelivery": False},
        "replyToken": f"token-{name}",
        "message": message,
    }


def texts_of(events: Sequence[CloudEvent[Any]]) -> str:
    """Return all that events say, as one text."""
    return repr([each.data for each in events])
