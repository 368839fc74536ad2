"""Handling messages: one conversation's in order, different ones at once, none lost.

Returning acknowledges. Unavailable is tried again with back-off. Any other error is tried
MAX_TRIES times, then parked as a dead letter. A message that is tried again later is overtaken
by the next ones of its conversation: who needs the order of the log reads the log.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeout
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import ServiceUnavailableError

from chassis import metrics
from chassis.bus.behind import Behind, Load
from chassis.bus.letters import HEADER_ROOM, headers_of, is_for_another
from chassis.bus.promise import NO_PROMISE, Promise
from chassis.bus.pull import Pull, Source
from chassis.bus.streams import BUS_DOWN, ensure_streams
from chassis.bus.timing import USUAL, Timing
from chassis.bus.wire import id_of, stream_of
from chassis.bus.word import say
from chassis.errors import Unavailable
from chassis.telemetry import get_logger
from contracts.subjects import DEAD_PREFIX

MAX_TRIES = 5
HAND_BACK_SECONDS = 0.01
MOST_FAILURES = 10_000

Handle = Callable[[Msg], Awaitable[object]]
Park = Callable[[Msg], Awaitable[None]]
log = get_logger()
BUS_SILENT = (NatsTimeout, NoRespondersError, ServiceUnavailableError, OSError)
"""What a bus that is away, or not quite back, says to a request: nothing that is about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What a consumer listens to, and how many messages it works on at once.

    `ordered`: those of one conversation one after the other.
    """

    source: Source
    subjects: tuple[str, ...]
    max_in_flight: int
    ordered: bool = True
    timing: Timing = USUAL


class Consumer:
    """Runs one durable consumer until told to drain."""

    def __init__(
        self,
        nats: Client,
        subscription: Subscription,
        handle: Handle,
        *,
        park: Park,
        promise: Promise = NO_PROMISE,
    ) -> None:
        """Give each message to `handle`; `park` is told of those given up for good.

        Streams that were lost are made anew as durable as promised.
        """
        self._nats = nats
        self._subscription = subscription
        self._handle = handle
        self._park = park
        self._promise = promise
        self._lanes: dict[str, deque[Msg]] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._held: dict[int, Msg] = {}
        self._failures: dict[int, int] = {}
        self._letters: set[int] = set()
        self._draining = asyncio.Event()
        self._timing = subscription.timing
        self._name = subscription.source.consumer
        self._behind = Behind()
        self._pull = Pull(
            nats, subscription.source, deliver=self._take, room=self._room, timing=self._timing
        )

    async def run(self) -> None:
        """Consume until `drain`; survives the loss of the bus, its streams and its disk."""
        await self._ensured()
        await self._pull.start()
        alive = asyncio.create_task(self._say_alive())
        watch = asyncio.create_task(self._watch())
        drained = asyncio.create_task(self._draining.wait())
        try:
            await asyncio.wait({watch, drained}, return_when=asyncio.FIRST_COMPLETED)
            await self._finish()
            if watch.done():
                watch.result()
        finally:
            await _ended(alive, watch, drained, *self._workers)

    def drain(self) -> None:
        """Take no more; `run` ends once the work in hand has, or its time is up."""
        self._draining.set()

    def load(self) -> Load:
        """Return how much there was to do since this was last asked."""
        load = self._behind.load()
        metrics.BEHIND.labels(consumer=self._name).set(load.seconds)
        return load

    def _room(self) -> int:
        return self._subscription.max_in_flight - len(self._held)

    async def _take(self, message: Msg) -> None:
        self._behind.note(message.metadata.num_pending)
        if self._draining.is_set():
            await self._hand_back(message)
            return
        self._held[id(message)] = message
        try:
            key = stream_of(message.data) if self._subscription.ordered else id_of(message.data)
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
            del self._lanes[key]
            for message in lane:
                await self._hand_back(message)
        await self._pull.ask()

    async def _hand_back(self, message: Msg) -> None:
        self._held.pop(id(message), None)
        await say(message.nak(delay=HAND_BACK_SECONDS))

    async def _settle(self, message: Msg) -> None:
        if is_for_another(message, self._name):
            await say(message.ack())
            return
        try:
            await self._handle(message)
        except Unavailable:
            self._count("unavailable")
            await self._again(message, message.metadata.num_delivered)
        except Exception as error:  # noqa: BLE001 (a bug anywhere below: kept, counted, parked)
            await self._failed(message, error)
        else:
            self._count("ok")
            self._failures.pop(message.metadata.sequence.stream, None)
            await say(message.ack())

    async def _failed(self, message: Msg, error: Exception) -> None:
        tries = self._failed_tries(message)
        # The type says what happened; the message may hold a patient's words.
        log.error("handler_failed", consumer=self._name, error=type(error).__name__, tries=tries)
        log.debug("handler_trace", exc_info=error)
        self._count("failed")
        if tries < MAX_TRIES:
            await self._again(message, tries)
        else:
            await self._bury(message, error, tries)

    def _failed_tries(self, message: Msg) -> int:
        # The server's count of deliveries says nothing about bugs: an outage raises it too.
        if len(self._failures) > MOST_FAILURES:
            self._failures.clear()  # left by messages that other replicas have dealt with
        place = message.metadata.sequence.stream
        self._failures[place] = tries = self._failures.get(place, 0) + 1
        return tries

    async def _again(self, message: Msg, tries: int) -> None:
        await say(message.nak(delay=self._timing.pause(tries)))

    async def _bury(self, message: Msg, error: Exception, tries: int) -> None:
        place = message.metadata.sequence.stream
        if not (await self._written(message, error, tries) and await self._parked(message)):
            await self._again(message, MAX_TRIES)
            return
        self._failures.pop(place, None)
        self._letters.discard(place)
        metrics.DEAD_LETTERS.labels(consumer=self._name).inc()
        log.error("dead_letter", consumer=self._name, error=type(error).__name__)
        await say(message.term())

    async def _written(self, message: Msg, error: Exception, tries: int) -> bool:
        """Write the letter, once however often parking fails after it."""
        place = message.metadata.sequence.stream
        if place in self._letters:
            return True
        # Another replica may have got this far: for two minutes the bus knows it by its id.
        headers = headers_of(message, error, tries) | {"Nats-Msg-Id": f"{self._name}/{place}"}
        fits = len(message.data) * 4 // 3 + HEADER_ROOM <= self._nats.max_payload
        js = self._nats.jetstream(timeout=5)
        body = message.data if fits else b""
        written = await say(js.publish(DEAD_PREFIX + self._name, body, headers=headers))
        if written:
            self._letters.add(place)
        return written

    async def _parked(self, message: Msg) -> bool:
        try:
            await self._park(message)
        except (*BUS_DOWN, Unavailable):
            return False
        except Exception as error:
            kind = type(error).__name__
            log.error("parking_failed", consumer=self._name, error=kind)  # noqa: TRY400
            log.debug("parking_trace", exc_info=error)
        return True

    async def _say_alive(self) -> None:
        while True:
            await asyncio.sleep(self._timing.sign_of_life)
            for message in list(self._held.values()):
                await say(message.in_progress())

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._timing.check)
            if self._pull.lost:
                await self._recover()
            await self._pull.ask()

    async def _ensured(self) -> None:
        """Make the consumer, however long the bus takes: it may be away as we start."""
        while not self._draining.is_set():
            try:
                await self._ensure()
            except BUS_SILENT:
                log.warning("consumer_waits", consumer=self._name)
                await asyncio.sleep(self._timing.check)
            else:
                return

    async def _ensure(self) -> None:
        source = self._subscription.source
        config = ConsumerConfig(
            durable_name=source.consumer,
            filter_subjects=list(self._subscription.subjects),
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=self._timing.ack_wait,
            deliver_policy=DeliverPolicy.ALL,
            max_ack_pending=10_000,
            max_waiting=512,
        )
        await self._nats.jetstream(timeout=5).add_consumer(source.stream, config)

    async def _recover(self) -> None:
        log.warning("consumer_lost", consumer=self._name)
        try:
            await ensure_streams(self._nats, self._promise)
        except (*BUS_DOWN, Unavailable):
            return
        if await say(self._ensure()):
            # What is in the stream now may be numbered anew.
            self._failures.clear()
            self._letters.clear()
            self._pull.renew()

    async def _finish(self) -> None:
        self._draining.set()
        await self._pull.stop()
        for lane in list(self._lanes.values()):
            waiting = list(lane)[1:]
            while len(lane) > 1:
                lane.pop()
            for message in waiting:
                await self._hand_back(message)
        if self._workers:
            await asyncio.wait(set(self._workers), timeout=self._timing.drain)

    def _count(self, outcome: str) -> None:
        metrics.CONSUMED.labels(consumer=self._name, outcome=outcome).inc()


async def _ended(*tasks: "asyncio.Task[object]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
