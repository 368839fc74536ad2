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
from chassis.objects.sealed import SealedObjects
from chassis.parking import Parking
from chassis.router import Consumption, Router
from contracts.catalogue import REQUESTS, SUBJECTS
from contracts.subjects import NOTIFIER_DELIVER_REPLY, NOTIFIER_SEND_EMAIL, STREAMS
from services.conversation import handlers as conversation
from services.conversation.domain import FACTS
from services.conversation.loop import Conversations
from services.conversation.personal_data.erasing import Erasing
from services.conversation.personal_data.exporting import Exporting
from services.conversation.personal_data.serving import PersonalData
from services.conversation.stuck import Stuck
from services.conversation.sweeper import Sweeper
from services.education import handlers as education
from services.gateway.door import Door
from services.gateway.intake import Intake
from services.notifier import handlers as notifier
from services.notifier.addresses import PublicAddress
from services.notifier.courier import Courier
from services.notifier.drafts import Drafts
from services.notifier.excuse import excuse
from services.notifier.ledger import PostgresLedger
from services.notifier.loading import Loading
from services.notifier.reading import ReadMarks
from services.translation import handlers as translation
from tests.simulation.client import Client, Wire
from tests.simulation.jetstream import Server
from tests.simulation.line import Line, Phone
from tests.simulation.loop import Lane, SimulatedLoop
from tests.simulation.models import Moods, SomeTranslator, SomeWriter
from tests.simulation.pool import Cable, Remote
from tests.simulation.standins import SomeMailer, SomeSpeaker, post, speech
from tests.simulation.tables import Tables

PLAYED = frozenset({NOTIFIER_SEND_EMAIL})
"""Consumers of the real services whose part a stand-in plays."""
SECRET = b"the-secret-of-the-channel"
RESTART_SECONDS = 1.0
LAST_WORDS_SECONDS = 2.0
KILLED = 0.7
STOPPED_FOR = (5.0, 5.0, 30.0)
PATIENCE: dict[str, float] = {
    "check": 5.0,
    "expires": 90.0,
    "heartbeat": 12.0,
    "sign_of_life": 5.5,
}
"""A consumer looks less often whether the bus still knows it: looking costs steps."""


class Links:
    """Names links by what they lead to."""

    def sign(self, object_key: str, *, now: object) -> str:  # noqa: ARG002 (the port's form)
        return object_key.replace("/", "-")


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
    chance: Random = field(kw_only=True)
    sweeps: bool = True
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
        self._consumers: list[Consumer] = []
        self.background: list[Coroutine[Any, Any, None]] = []
        self._skew = timedelta(seconds=around.skew * (around.chance.random() * 2.0 - 1.0))
        self.start()

    def clock(self) -> datetime:
        """Return the time by this machine's clock, which is not quite that of others."""
        return self.around.clock() + self._skew

    @property
    def is_alive(self) -> bool:
        return self.lane.alive

    def start(self) -> None:
        """Come up."""
        self.lives += 1
        self._consumers, self.background = [], []
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
        if not around.doom or around.chance.random() >= around.doom or not self.is_alive:
            return
        if around.chance.random() < KILLED:
            self.kill()
            around.loop.later(RESTART_SECONDS * around.chance.random(), self.start)
        else:
            self.freeze(around.chance.choice(STOPPED_FOR))

    def freeze(self, seconds: float) -> None:
        """Stand still for a while."""
        self.around.note(self.name, f"is stopped for {seconds} s")
        self.around.loop.freeze(self.lane, seconds)

    def stop(self) -> None:
        """Finish what is in hand, then go, as on SIGTERM."""
        self.around.note(self.name, "is told to stop")
        self.door = None
        for consumer in self._consumers:
            consumer.drain()
        if not self._consumers:
            life = self.lives
            self.around.loop.later(LAST_WORDS_SECONDS, self._end, life)

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
        if life == self.lives and self.is_alive:
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
        router, provided = _COMPOSED[self.service](self, journal, forgetting)
        self._consumers = [
            self._consumer(each, provided)
            for each in (router.consumptions if router else ())
            if router is not notifier.router or each.subscription.source.consumer not in PLAYED
        ]
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
            around.tables, loop=around.loop, cable=around.cable, hurt=self.perhaps_die
        )
        requests = {event: SUBJECTS[event] for event in REQUESTS}
        log = EventLog(pool, codec(), source=f"/{self.service}", requests=requests)
        packer = Packer(log, codec())
        nats: Any = self.client
        forgetting = Forgetting()
        forgetting.add(log.keyring.forget)
        return Journal(log, nats, pool, subjects=SUBJECTS), packer, forgetting

    def _consumer(self, each: Consumption, provided: dict[str, Any]) -> Consumer:
        _, *needs = inspect.signature(each.handler, eval_str=True).parameters
        given = {name: provided[name] for name in needs}

        async def handle(message: Any) -> None:
            await each.handler(await self.packer.unpack(message.data), **given)

        nats: Any = self.client
        subscription = replace(each.subscription, timing=patient(each.subscription.timing))
        park = self.parking.of(subscription.source.consumer)
        return Consumer(nats, subscription, handle, park=park)


def patient(timing: Timing) -> Timing:
    """Return the timing of a consumer, made cheap to simulate."""
    return replace(timing, **PATIENCE)


Composed = tuple[Router | None, dict[str, Any]]


def _gateway(process: Process, journal: Journal, _: Forgetting) -> Composed:
    intake = Intake(journal, admission=process.around.admission)
    process.door = Door(SECRET, intake)
    return None, {}


def _conversation(process: Process, journal: Journal, forgetting: Forgetting) -> Composed:
    around = process.around
    conversations = Conversations(journal, idle_after=around.idle_after, clock=process.clock)
    process.conversations = conversations
    forgetting.add(conversations.forget)
    objects = SealedObjects(around.objects, journal.log.keyring)
    personal_data = PersonalData(
        journal,
        Exporting(journal, objects, clock=process.clock),
        Erasing(journal, conversations, objects, clock=process.clock),
        clock=process.clock,
    )
    stuck = Stuck(journal, conversations, clock=process.clock)
    for consumer in conversation.INPUTS_COME_BY:
        process.parking.instead(consumer, stuck.last_word)
    if around.sweeps:
        sweeper = Sweeper(conversations, journal, journal.pool, give_up=stuck.give_up)
        process.background.append(sweeper.run())
    return conversation.router, {"conversations": conversations, "personal_data": personal_data}


def _education(process: Process, journal: Journal, _: Forgetting) -> Composed:
    return education.router, {"journal": journal, "writer": SomeWriter(process.around.moods)}


def _translation(process: Process, journal: Journal, _: Forgetting) -> Composed:
    translator = SomeTranslator(process.around.moods)
    return translation.router, {"journal": journal, "translator": translator}


def _speech(process: Process, journal: Journal, _: Forgetting) -> Composed:
    return speech, {"journal": journal, "speaker": SomeSpeaker(process.around.moods)}


def _post(process: Process, journal: Journal, _: Forgetting) -> Composed:
    return post, {"journal": journal, "mailer": SomeMailer(process.around.moods)}


def _notifier(process: Process, journal: Journal, _: Forgetting) -> Composed:
    around = process.around
    messenger, time = Phone(around.line, process.perhaps_die), around.loop.time
    ledger = PostgresLedger(journal.pool, replica=process.lane.name)
    loading = Loading(messenger, ledger, now=process.clock)
    links = PublicAddress("https://bot.example", Links())
    drafts = Drafts(messenger, links, now=process.clock)
    courier = Courier(messenger, ledger, loading, drafts, now=process.clock, clock=time)
    read_marks = ReadMarks(messenger, clock=time)
    last_word = excuse(courier, process.packer, journal)
    process.parking.instead(NOTIFIER_DELIVER_REPLY, last_word)
    return notifier.router, {
        "journal": journal,
        "loading": loading,
        "read_marks": read_marks,
        "courier": courier,
    }


_COMPOSED: dict[str, Callable[[Process, Journal, Forgetting], Composed]] = {
    "gateway": _gateway,
    "conversation": _conversation,
    "education": _education,
    "translation": _translation,
    "speech": _speech,
    "post": _post,
    "notifier": _notifier,
}
SERVICES = tuple(_COMPOSED)


def replicas(around: Surroundings, numbers: dict[str, int]) -> Iterator[Process]:
    """Yield the processes of all services, so many of each."""
    for service in SERVICES:
        for number in range(numbers.get(service, 1)):
            yield Process(around, service, number)
