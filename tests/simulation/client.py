"""A connection to the bus in memory, as nats-py's client looks to the chassis."""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from types import SimpleNamespace
from typing import Any

from nats.errors import NoRespondersError
from nats.js.api import ConsumerConfig, StreamConfig
from nats.js.errors import NotFoundError

from tests.simulation.jetstream import NOBODY, Asked, Durable, Sent, Server

PULL = "$JS.API.CONSUMER.MSG.NEXT."
MAX_PAYLOAD = 1_048_576
"""Bytes of a message that a nats-server takes by default."""
NEXT = 5e-5
"""What is sent later arrives so much later at least."""
Callback = Callable[[Any], Awaitable[None]]


@dataclass
class Wire:
    """What may go wrong between all processes and the bus; each a share of all messages."""

    chance: Random
    quick: float = 0.001
    lost: float = 0.0
    late: float = 0.0
    latest: float = 5.0
    doubled: float = 0.0
    is_cut: bool = False
    breaks: int = 0
    whole_since: float = 0.0

    @property
    def is_whole(self) -> bool:
        return not (self.lost or self.late or self.doubled or self.is_cut)

    def loses(self) -> bool:
        return self.is_cut or (self.lost > 0 and self.chance.random() < self.lost)


class Way:
    """One direction of a connection: what goes here arrives in order, but for what is late."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._last = 0.0

    def delay(self, now: float) -> float:
        """Return how long a message takes that is sent now."""
        wire = self._wire
        if wire.late and wire.chance.random() < wire.late:
            return wire.chance.random() * wire.latest
        self._last = max(now + wire.chance.random() * wire.quick, self._last + NEXT)
        return self._last - now


@dataclass
class Message:
    """One delivery; what is said about it travels and may get lost."""

    client: "Client"
    sent: Sent
    said: bool = False

    @property
    def subject(self) -> str:
        return self.sent.subject

    @property
    def data(self) -> bytes:
        return self.sent.data

    @property
    def headers(self) -> dict[str, str] | None:
        return self.sent.headers

    @property
    def metadata(self) -> Any:
        place = SimpleNamespace(stream=self.sent.seq)
        return SimpleNamespace(num_delivered=self.sent.delivered, sequence=place, num_pending=0)

    async def ack(self) -> None:
        self._say(Durable.ack)

    async def term(self) -> None:
        self._say(Durable.ack)

    async def nak(self, delay: float = 0.0) -> None:
        self._say(Durable.nak, delay)

    async def in_progress(self) -> None:
        self._say(Durable.in_progress)

    def _say(self, what: Callable[..., None], *args: Any) -> None:
        if self.sent.consumer is not None:
            self.client.send(what, self.sent.consumer, self.sent.seq, *args)


@dataclass
class Listening:
    """A subscription: its messages are taken one after the other."""

    client: "Client"
    take: Callback
    waiting: deque[Message] = field(default_factory=deque[Message])
    busy: asyncio.Task[None] | None = None
    is_over: bool = False

    def arrive(self, sent: Sent) -> None:
        """Take a message off the server's hands; it is here after a while, if at all."""
        client = self.client
        if client.is_closed or client.loses():
            return
        time, wire = client.server.time, client.wire
        time.later(client.way_in.delay(time.now), self._arrived, sent)
        if sent.consumer and wire.doubled and wire.chance.random() < wire.doubled:
            time.later(0.5 + wire.chance.random(), sent.consumer.repeat, sent.seq)

    def _arrived(self, sent: Sent) -> None:
        if self.client.is_closed:
            return
        self.waiting.append(Message(self.client, sent))
        if self.busy is None or self.busy.done():
            self.busy = self.client.begin(self._work())

    async def _work(self) -> None:
        while self.waiting:
            await self.take(self.waiting.popleft())

    async def drain(self) -> None:
        """Take no more than the server had sent before it heard of this."""
        await self.client.jetstream().ask(self._mute)
        if self.busy is not None:
            await asyncio.wait({self.busy})

    def _mute(self) -> None:
        self.is_over = True
        self.client.server.mute(self.arrive)


class Client:
    """One connection; `begin` starts a task in the process that it belongs to."""

    def __init__(
        self, server: Server, wire: Wire, begin: Callable[[Any], "asyncio.Task[None]"]
    ) -> None:
        self.server = server
        self.wire = wire
        self.begin = begin
        self.is_closed = False
        self.is_cut = False
        self.whole_since = 0.0
        self.connected_server_version = SimpleNamespace(major=2, minor=15)
        self.max_payload = MAX_PAYLOAD
        self._inboxes: dict[str, Listening] = {}
        self._made = 0
        self.way_in, self.way_out = Way(wire), Way(wire)

    @property
    def stats(self) -> dict[str, int]:
        return {"reconnects": self.server.wipes}

    def loses(self) -> bool:
        """Tell whether what travels now gets lost."""
        return self.is_cut or self.wire.loses()

    def new_inbox(self) -> str:
        self._made += 1
        return f"_INBOX.{self._made}"

    def send(self, what: Callable[..., object], *args: Any) -> None:
        """Let something reach the server after a while, if at all."""
        if not self.is_closed and not self.loses():
            time = self.server.time
            time.later(self.way_out.delay(time.now), what, *args)

    def close(self) -> None:
        """Hear and say nothing any more."""
        self.is_closed = True
        for listening in self._inboxes.values():
            self.server.mute(listening.arrive)

    async def subscribe(self, subject: str, cb: Callback) -> Listening:
        listening = Listening(self, cb)
        self._inboxes[subject] = listening
        self.server.listen(subject, listening.arrive)
        return listening

    async def publish(
        self,
        subject: str,
        payload: bytes = b"",
        reply: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        if subject.startswith(PULL):
            self.send(self._pull, subject, json.loads(payload), self._inboxes[reply])
        else:
            self.send(self.server.publish, subject, payload, headers)

    def jetstream(self, timeout: float = 5.0) -> "Manager":
        return Manager(self, timeout)

    def _pull(self, subject: str, wish: dict[str, Any], listening: Listening) -> None:
        stream, _, name = subject.removeprefix(PULL).partition(".")
        consumer = self.server.consumer(stream, name)
        if consumer is None:
            listening.arrive(Sent("", b"", NOBODY))
            return
        ends = self.server.time.now + wish["expires"] / 1e9
        asked = Asked(
            listening.arrive,
            wish["batch"],
            ends,
            lambda: not (self.is_closed or listening.is_over),
            self,
        )
        consumer.pull(asked, wish["idle_heartbeat"] / 1e9)


@dataclass(frozen=True)
class Manager:
    """The requests to JetStream that expect an answer."""

    client: Client
    timeout: float

    async def add_consumer(self, stream: str, config: ConsumerConfig) -> None:
        if not await self.ask(self.client.server.add_consumer, stream, config):
            raise NotFoundError(code=404)

    async def add_stream(self, config: StreamConfig) -> None:
        await self.ask(self.client.server.add_stream, config)

    async def update_stream(self, config: StreamConfig) -> None:
        await self.ask(self.client.server.update_stream, config)

    async def stream_info(self, name: str) -> Any:
        config = await self.ask(self.client.server.config_of, name)
        if config is None:
            raise NotFoundError(code=404)
        return SimpleNamespace(config=config, cluster=None)

    async def publish(
        self, subject: str, payload: bytes, headers: dict[str, str] | None = None
    ) -> None:
        if not await self.ask(self.client.server.publish, subject, payload, headers):
            raise NoRespondersError

    async def ask(self, what: Callable[..., Any], *args: Any) -> Any:
        """Let the server do something and return what came of it; raises TimeoutError."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def arrive() -> None:
            result, time = what(*args), self.client.server.time
            if not self.client.loses():
                time.later(self.client.way_in.delay(time.now), give, result)

        def give(result: Any) -> None:
            if not answer.done():
                answer.set_result(result)

        self.client.send(arrive)
        async with asyncio.timeout(self.timeout):
            return await answer
