"""Consumers for the bus's tests: quick ones, whose handler does as the test says."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import nats as nats_py
from nats.aio.client import Client
from nats.aio.msg import Msg

from chassis.bus.consumer import Consumer, Subscription
from chassis.bus.pull import Source
from chassis.bus.timing import Timing
from chassis.bus.word import say
from contracts.subjects import SPEECH_STREAM, SPEECH_TRANSCRIBE

SUBJECT = "evt.speech.failed.v1"
QUICK = Timing(
    ack_wait=2.0,
    sign_of_life=0.3,
    back_off=(0.05, 0.1),
    drain=0.5,
    check=0.05,
    expires=0.6,
    heartbeat=0.15,
)


class Replica:
    """One consumer, and what it was given."""

    def __init__(self, client: Client, timing: Timing = QUICK, max_in_flight: int = 16) -> None:
        self.client = client
        self.begun: list[str] = []
        self.done: list[str] = []
        self.parked: list[bytes] = []
        self.at_once = 0
        self.most_at_once = 0
        self.handle: Callable[[str], Awaitable[None]] = _accept
        self.park_fails: list[Exception] = []
        subscription = Subscription(
            source=Source(SPEECH_STREAM, SPEECH_TRANSCRIBE),
            subjects=("evt.speech.>",),
            max_in_flight=max_in_flight,
            timing=timing,
        )
        self.consumer = Consumer(client, subscription, self._handle, park=self._park)
        self.run: asyncio.Task[None] | None = None

    @property
    def tries(self) -> Counter[str]:
        """How often each message was tried."""
        return Counter(self.begun)

    def start(self) -> None:
        self.run = asyncio.create_task(self.consumer.run())

    async def stop(self) -> None:
        """Drain, and let an error of the consumer be the test's."""
        self.consumer.drain()
        if self.run is not None:
            await self.run

    async def _handle(self, message: Msg) -> None:
        name = json.loads(message.data)["name"]
        self.begun.append(name)
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            await self.handle(name)
        finally:
            self.at_once -= 1
        self.done.append(name)

    async def _park(self, message: Msg) -> None:
        if self.park_fails:
            raise self.park_fails.pop()
        self.parked.append(message.data)


async def _accept(_: str) -> None:
    return


@asynccontextmanager
async def connected(url: str) -> AsyncGenerator[Client]:
    """Connect as a service does: for as long as it takes."""
    client = await nats_py.connect(
        url, max_reconnect_attempts=-1, reconnect_time_wait=0.05, error_cb=_quietly
    )
    try:
        yield client
    finally:
        await say(client.close())  # the server may be away for good


async def _quietly(_: Exception) -> None:
    return


@asynccontextmanager
async def replica(
    url: str, *, timing: Timing = QUICK, max_in_flight: int = 16
) -> AsyncGenerator[Replica]:
    """Run one replica; it starts when told to."""
    async with connected(url) as client:
        one = Replica(client, timing, max_in_flight)
        try:
            yield one
        finally:
            await one.stop()


async def send(client: Client, stream: str, *names: str) -> None:
    """Publish messages of one conversation, acknowledged by JetStream."""
    for name in names:
        body = json.dumps({"stream": stream, "name": name, "id": name}).encode()
        await client.jetstream().publish(SUBJECT, body)
