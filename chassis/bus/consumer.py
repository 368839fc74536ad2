"""Handling messages: one conversation's in order, different ones at once, none lost.

Returning acknowledges. Unavailable is tried again with back-off. Any other error is tried
MAX_TRIES times, then parked as a dead letter.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from chassis import metrics
from chassis.bus.pull import Pull, Source
from chassis.bus.streams import BUS_DOWN, ensure_streams
from chassis.bus.wire import stream_of
from chassis.errors import Unavailable
from chassis.telemetry import get_logger
from contracts.subjects import DEAD_PREFIX

ACK_WAIT_SECONDS = 8.0
"""How soon a dead replica's messages go to another one; living ones say so in time."""
SIGN_OF_LIFE_SECONDS = 2.5
MAX_TRIES = 5
BACK_OFF_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
DRAIN_SECONDS = 6.0
"""Work in hand may end within this; the rest goes to another replica at once."""
CHECK_SECONDS = 1.0

Handle = Callable[[Msg], Awaitable[object]]
Park = Callable[[Msg], Awaitable[None]]
log = get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What a consumer listens to, and how many messages it works on at once."""

    source: Source
    subjects: tuple[str, ...]
    max_in_flight: int


class Consumer:
    """Runs one durable consumer until told to drain."""

    def __init__(
        self, nats: Client, subscription: Subscription, handle: Handle, *, park: Park
    ) -> None:
        """Give each message to `handle`; `park` is told of those given up for good."""
        self._nats = nats
        self._subscription = subscription
        self._handle = handle
        self._park = park
        self._lanes: dict[str, deque[Msg]] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._held: dict[int, Msg] = {}
        self._draining = asyncio.Event()
        source = subscription.source
        self._pull = Pull(nats, source, deliver=self._take, room=self._room)
        self._name = source.consumer

    async def run(self) -> None:
        """Consume until `drain`; survives the loss of the bus, its streams and its disk."""
        await self._ensure()
        await self._pull.start()
        beat = asyncio.get_running_loop().time()
        while not self._draining.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._draining.wait(), CHECK_SECONDS)
            if self._pull.lost:
                await self._recover()
            await self._pull.ask()
            now = asyncio.get_running_loop().time()
            if now - beat >= SIGN_OF_LIFE_SECONDS:
                beat = now
                await self._say_alive()
        await self._finish(beat)

    def drain(self) -> None:
        """Take no more; `run` ends once the work in hand has, or its time is up."""
        self._draining.set()

    def _room(self) -> int:
        return self._subscription.max_in_flight - len(self._held)

    def _take(self, message: Msg) -> None:
        self._held[id(message)] = message
        try:
            key = stream_of(message.data)
        except msgspec.MsgspecError:
            key = ""  # no event of ours: the handler will say so, and it ends as a dead letter
        lane = self._lanes.get(key)
        if lane is not None:
            lane.append(message)
            return
        self._lanes[key] = deque((message,))
        worker = asyncio.create_task(self._work(key), name=f"{self._name} lane")
        self._workers.add(worker)
        worker.add_done_callback(self._workers.discard)

    async def _work(self, key: str) -> None:
        lane = self._lanes[key]
        try:
            while lane:
                await self._settle(lane[0])
                self._held.pop(id(lane.popleft()), None)
        finally:
            for message in lane:
                self._held.pop(id(message), None)
                with suppress(Error):
                    await message.nak(delay=0.01)
            del self._lanes[key]
        await self._pull.ask()

    async def _settle(self, message: Msg) -> None:
        try:
            await self._handle(message)
        except Unavailable:
            self._count("unavailable")
            await self._again(message)
        except Exception as error:  # noqa: BLE001 (a bug anywhere below: kept, counted, parked)
            await self._failed(message, error)
        else:
            self._count("ok")
            with suppress(Error):
                await message.ack()

    async def _failed(self, message: Msg, error: Exception) -> None:
        tries = message.metadata.num_delivered
        # The type says what happened; the message may hold a patient's words.
        log.error("handler_failed", consumer=self._name, error=type(error).__name__, tries=tries)
        log.debug("handler_trace", exc_info=error)
        self._count("failed")
        if tries < MAX_TRIES:
            await self._again(message)
        else:
            await self._bury(message, error)

    async def _again(self, message: Msg) -> None:
        tries = message.metadata.num_delivered
        delay = BACK_OFF_SECONDS[min(tries, len(BACK_OFF_SECONDS)) - 1]
        with suppress(Error):
            await message.nak(delay=delay)

    async def _bury(self, message: Msg, error: Exception) -> None:
        headers = {"Dead-Subject": message.subject, "Dead-Error": type(error).__name__}
        try:
            js = self._nats.jetstream(timeout=5)
            await js.publish(DEAD_PREFIX + self._name, message.data, headers=headers)
            await self._park(message)
        except (*BUS_DOWN, Unavailable):
            await self._again(message)
            return
        metrics.DEAD_LETTERS.labels(consumer=self._name).inc()
        log.error("dead_letter", consumer=self._name, error=type(error).__name__)
        with suppress(Error):
            await message.term()

    async def _say_alive(self) -> None:
        for message in list(self._held.values()):
            with suppress(Error):
                await message.in_progress()

    async def _ensure(self) -> None:
        source = self._subscription.source
        config = ConsumerConfig(
            durable_name=source.consumer,
            filter_subjects=list(self._subscription.subjects),
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ACK_WAIT_SECONDS,
            deliver_policy=DeliverPolicy.ALL,
            max_ack_pending=10_000,
            max_waiting=512,
        )
        await self._nats.jetstream(timeout=5).add_consumer(source.stream, config)

    async def _recover(self) -> None:
        log.warning("consumer_lost", consumer=self._name)
        try:
            await ensure_streams(self._nats)
            await self._ensure()
        except (*BUS_DOWN, Unavailable):
            return
        self._pull.lost = False
        self._pull.forget()

    async def _finish(self, beat: float) -> None:
        await self._pull.stop()
        ends = asyncio.get_running_loop().time() + DRAIN_SECONDS
        while self._workers and (now := asyncio.get_running_loop().time()) < ends:
            await asyncio.wait(set(self._workers), timeout=min(SIGN_OF_LIFE_SECONDS, ends - now))
            if now - beat >= SIGN_OF_LIFE_SECONDS:
                await self._say_alive()
        for worker in set(self._workers):
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    def _count(self, outcome: str) -> None:
        metrics.CONSUMED.labels(consumer=self._name, outcome=outcome).inc()
