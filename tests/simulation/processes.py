"""The services as processes of the simulation: their real parts on a loop, a database, a bus."""

import asyncio
import contextvars
import inspect
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from chassis.alerts import Alerts
from chassis.bus.consumer import Consumer
from chassis.bus.streams import ensure_streams
from chassis.bus.timing import Timing
from chassis.bus.wire import Packer
from chassis.clock import CLOCK, Clock
from chassis.eventlog.codec import Codec, all_events
from chassis.eventlog.log import EventLog
from chassis.forgetting import Forgetting
from chassis.journal import Journal
from chassis.objects.memory import MemoryObjects
from chassis.parking import Parking
from chassis.router import Consumption
from contracts.catalogue import PUBLISHED, REQUESTS, SUBJECTS
from contracts.subjects import NOTIFIER_SEND_EMAIL, STREAMS
from services.conversation.domain import FACTS
from services.conversation.loop import Conversations
from services.gateway.door import Door
from services.notifier import handlers as notifier
from tests.simulation.client import Client, Wire
from tests.simulation.composed import COMPOSED, SERVICES
from tests.simulation.farewells import Farewells
from tests.simulation.jetstream import Server
from tests.simulation.line import Line
from tests.simulation.loop import Lane, SimulatedLoop
from tests.simulation.models import Moods
from tests.simulation.pool import Cable, Remote
from tests.simulation.tables import NOTHING, Tables, Without

PLAYED = frozenset({NOTIFIER_SEND_EMAIL})
"""Consumers of the real services whose part a stand-in plays."""
RESTART_SECONDS = 1.0
LAST_WORDS_SECONDS = 2.0
KILLED, FROZEN = 0.6, 0.8
STOPPED_FOR = (5.0, 5.0, 30.0)
PATIENCE: dict[str, float] = {
    "check": 15.0,
    "expires": 90.0,
    "heartbeat": 12.0,
    "sign_of_life": 7.5,
}
"""A consumer looks less often whether the bus still knows it: looking costs steps."""


@dataclass
class Surroundings:
    """All that the processes share."""

    loop: SimulatedLoop
    clock: Clock
    tables: Tables
    cable: Cable
    server: Server
    wire: Wire
    line: Line
    moods: Moods
    admission: Any
    note: Callable[..., None]
    bugs: list[str]
    objects: MemoryObjects = field(default_factory=MemoryObjects)
    drawn: Callable[..., Random] = field(kw_only=True)
    farewells: Farewells = field(kw_only=True)
    without: Without = NOTHING
    doom: float = 0.0
    skew: float = 0.0
    idle_after: timedelta = timedelta(hours=24)


@cache
def codec() -> Codec:
    """Return the codec of all events; it has no state."""
    return Codec(all_events(SUBJECTS, FACTS))


class Process:
    """One replica of a service; it can be killed and started anew, with nothing in memory."""

    def __init__(self, around: Surroundings, service: str, number: int) -> None:
        self.around = around
        self.service = service
        self.name = f"{service}-{number}"
        self.lane: Lane
        self.client: Client
        self.door: Door | None = None
        self.conversations: Conversations | None = None
        self.lives = 0
        self.knocks = 0
        self.is_cut = False
        self._jump = timedelta(0)
        self._chance = around.drawn("process", self.name)
        self._consumers: list[Consumer] = []
        self.background: list[Coroutine[Any, Any, None]] = []
        self._skew = timedelta(seconds=around.skew * (self._chance.random() * 2.0 - 1.0))
        self.start()

    def clock(self) -> datetime:
        """Return the time by this machine's clock, which is not quite that of others."""
        return self.around.clock() + self._skew + self._jump

    @property
    def is_alive(self) -> bool:
        return self.lane.alive

    def start(self) -> None:
        """Come up."""
        self.lives += 1
        self._consumers, self.background = [], []
        self._is_stopping = self._serves = self.is_cut = False
        self.knocks = 0
        loop = self.around.loop
        self.lane = loop.lane(f"{self.name}.{self.lives}")
        self.client = Client(self.around.server, self.around.wire, self._begin)
        self.around.note(self.name, "starts")
        loop.start(self.lane, self._live(self.lives))

    def kill(self) -> None:
        """Be gone, in the middle of whatever it was."""
        self.around.note(self.name, "is killed")
        self.around.loop.kill(self.lane)
        self.client.close()
        self.door = None
        self.conversations = None

    def perhaps_die(self) -> None:
        """Be killed or stopped just when something became a fact that nobody here knows yet."""
        around = self.around
        chance = self._chance
        if not around.doom or chance.random() >= around.doom or not self.is_alive:
            return
        fate = chance.random()
        if fate < KILLED:
            self.kill()
            around.loop.later(RESTART_SECONDS * chance.random(), self.start)
        elif fate < FROZEN:
            self.freeze(chance.choice(STOPPED_FOR))
        else:
            self.stop()

    def freeze(self, seconds: float) -> None:
        """Stand still for a while."""
        self.around.note(self.name, f"is stopped for {seconds} s")
        self.around.loop.freeze(self.lane, seconds)

    def part(self, *, bus: bool = False, database: bool = False) -> None:
        """Be cut off from the others; connections do not end, they go silent."""
        self.around.note(self.name, f"is cut off: bus {bus}, database {database}")
        self.client.is_cut, self.is_cut = bus, database
        self.around.farewells.excused(self)

    def join(self) -> None:
        """Be cut off no longer."""
        self.client.is_cut = self.is_cut = False
        self.client.whole_since = self.around.loop.now

    def jump(self, by: timedelta) -> None:
        """Have a clock that is so far off from now on."""
        self.around.note(self.name, f"has a clock that is {by} off")
        self._jump = by

    @property
    def has_work(self) -> bool:
        """Tell whether messages are given to it, or webhooks."""
        held = (each.held_by(self.client) for each in self.around.server.consumers())
        return self.knocks > 0 or any(held)

    def stop(self) -> None:
        """Finish what is in hand, then go, as on SIGTERM."""
        if not self.is_alive or self._is_stopping:
            return
        self._is_stopping = True
        self.around.note(self.name, "is told to stop")
        self.door = None
        self.around.farewells.begun(self)
        if self.around.without.drain or not self._serves:
            self.around.loop.later(0.0, self._end, self.lives)
        elif not self._consumers:
            self.around.loop.later(LAST_WORDS_SECONDS, self._end, self.lives)
        for consumer in self._consumers:
            consumer.drain()

    def begin(self, work: Coroutine[Any, Any, Any]) -> None:
        """Let this process do something, as a request from outside does."""
        self._begin(work)

    def _begin(self, work: Any) -> Any:
        made: list[Any] = []

        def create() -> None:
            made.append(self.around.loop.create_task(work))

        self._context.run(create)
        return made[0]

    async def _live(self, life: int) -> None:
        """Run; whatever ends a service ends its process, and somebody starts another."""
        try:
            await self._run()
        except Exception as error:  # noqa: BLE001 (as a process that exits)
            self.around.note(self.name, f"ends: {type(error).__name__}")
            self.around.loop.later(0.0, self._end, life)

        else:
            self.around.note(self.name, "has drained")
            self.around.loop.later(0.0, self._end, life)

    def _end(self, life: int) -> None:
        if life != self.lives or not self.is_alive:
            return
        if self.lane.frozen:  # it goes when it may run again
            self.around.loop.later(1.0, self._end, life)
            return
        if self._is_stopping:
            self.around.farewells.gone(self)
        self.kill()
        self.around.loop.later(RESTART_SECONDS, self.start)

    async def _run(self) -> None:
        CLOCK.set(self.clock)
        self._context = contextvars.copy_context()
        if not self.around.server.has(*STREAMS):  # asked for quickly: most of the time they are
            await ensure_streams(self.client)  # pyright: ignore[reportArgumentType]
        journal, packer, forgetting = self._connected()
        self.packer = packer
        self.parking = Parking(journal, Alerts(journal, now=self.clock), now=self.clock)
        await forgetting.listen(self.client)  # pyright: ignore[reportArgumentType]
        router, provided = COMPOSED[self.service](self, journal, forgetting)
        self._consumers = [
            self._consumer(each, provided)
            for each in (router.consumptions if router else ())
            if router is not notifier.router or each.subscription.source.consumer not in PLAYED
        ]
        self._serves = True
        if not self._consumers:
            await asyncio.get_running_loop().create_future()  # until it is killed or stopped
        loop = self.around.loop
        beside = [loop.create_task(self._guarded(each, self.lives)) for each in self.background]
        await asyncio.gather(*(each.run() for each in self._consumers))
        for task in beside:
            task.cancel()

    async def _guarded(self, work: Coroutine[Any, Any, None], life: int) -> None:
        """Run what has to run for as long as the service does; should it end, so does the process.

        That it fails is a bug, whatever else becomes of the run.
        """
        try:
            await work
        except Exception as error:  # noqa: BLE001 (the service stops loudly)
            self.around.bugs.append(f"{self.name}'s background task failed: {error!r}")
            self.around.loop.later(0.0, self._end, life)

    def _connected(self) -> tuple[Journal, Packer, Forgetting]:
        around = self.around
        pool: Any = Remote(
            around.tables,
            loop=around.loop,
            cable=around.cable,
            hurt=self.perhaps_die,
            is_cut=lambda: self.is_cut,
        )
        requests = {event: SUBJECTS[event] for event in REQUESTS}
        log = EventLog(pool, codec(), source=f"/{self.service}", requests=requests)
        packer = Packer(log, codec())
        nats: Any = self.client
        forgetting = Forgetting()
        forgetting.add(log.keyring.forget)
        return Journal(log, nats, pool, subjects=PUBLISHED), packer, forgetting

    def _consumer(self, each: Consumption, provided: dict[str, Any]) -> Consumer:
        given = {name: provided[name] for name in needs_of(each.handler)}

        async def handle(message: Any) -> None:
            await each.handler(await self.packer.unpack(message.data), **given)

        nats: Any = self.client
        subscription = replace(each.subscription, timing=patient(each.subscription.timing))
        park = self.parking.of(subscription.source.consumer)
        return Consumer(nats, subscription, handle, park=park)


@cache
def needs_of(handler: Callable[..., Any]) -> tuple[str, ...]:
    """Return what a handler is given besides its message."""
    _, *needs = inspect.signature(handler, eval_str=True).parameters
    return tuple(needs)


@cache
def patient(timing: Timing) -> Timing:
    """Return the timing of a consumer, made cheap to simulate."""
    return replace(timing, **PATIENCE)


def replicas(around: Surroundings, numbers: dict[str, int]) -> Iterator[Process]:
    """Yield the processes of all services, so many of each."""
    for service in SERVICES:
        for number in range(numbers.get(service, 1)):
            yield Process(around, service, number)
