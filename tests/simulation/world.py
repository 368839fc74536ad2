"""One seed, one run: who is there, what goes wrong and when, until all has settled."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import structlog
from nats.js.api import StreamConfig

from contracts.gateway import Limit
from contracts.subjects import STREAMS
from tests.simulation.client import Wire
from tests.simulation.draws import drawn
from tests.simulation.farewells import Farewells
from tests.simulation.faults import Faults, Trouble
from tests.simulation.jetstream import Server
from tests.simulation.line import Line, Shown
from tests.simulation.loop import SimulatedLoop
from tests.simulation.models import Moods
from tests.simulation.overhearing import overheard
from tests.simulation.people import BEGINNING, Person, Postman
from tests.simulation.pool import Cable
from tests.simulation.processes import Process, Surroundings, replicas
from tests.simulation.tables import NOTHING, Tables, Without

LONGEST_AFTERMATH = 480.0
"""Seconds after the last fault within which everything has settled."""
NEAR = timedelta(seconds=200)
"""A deadline nearer than this is one of a turn, not of a day's idling."""


@dataclass
class Doorman:
    """Who may have a message worked on: now and then somebody is over a limit."""

    chance: Random
    over: float = 0.0

    async def admit(self, user: str) -> Limit | None:  # noqa: ARG002 (the port's form)
        if self.over and self.chance.random() < self.over:
            return self.chance.choice(("user", "user", "all"))
        return None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history."""

    at: float
    who: str
    what: str
    more: Any = None


@dataclass
class World:
    """A run and all that is left of it."""

    seed: int
    without: Without = NOTHING
    given: Mapping[str, Any] = field(default_factory=dict[str, Any])
    history: list[Entry] = field(default_factory=list[Entry])
    bugs: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.faults = Faults.of(self.seed, **self.given)
        self.loop = SimulatedLoop(self._drawn("loop"))
        self.tables = Tables(self.clock, self._drawn("tables"), self.without)
        self.line = Line(self.loop, self._drawn("line"), self.note)
        self.server = Server(self.loop)
        self.postman = Postman(
            self.loop, self._drawn("postman"), self.line, self._gateways, self.note
        )
        cable, wire = Cable(self._drawn("cable")), Wire(self._drawn("wire"))
        self.around = Surroundings(
            loop=self.loop,
            clock=self.clock,
            tables=self.tables,
            cable=cable,
            server=self.server,
            wire=wire,
            line=self.line,
            moods=Moods(self._drawn("moods")),
            admission=Doorman(self._drawn("doorman")),
            note=self.note,
            bugs=self.bugs,
            drawn=self._drawn,
            farewells=Farewells(self.loop, self.server, wire, cable, self._complain),
            without=self.without,
            skew=self.faults.skew,
            idle_after=self.faults.idle_after,
        )
        self.processes: list[Process] = []
        self.people: list[Person] = []
        self.has_settled = False
        self._ends_at = self.faults.lasts

    def _drawn(self, *concern: str) -> Random:
        return drawn(self.seed, *concern)

    def clock(self) -> datetime:
        """Return the time of all processes."""
        return BEGINNING + timedelta(seconds=self.loop.now)

    def note(self, who: str, what: str, more: Any = None) -> None:
        """Put something into the history."""
        self.history.append(Entry(self.loop.now, who, what, more))

    def run(self) -> "World":
        """Live through it all."""
        with self.loop.running(), overheard(self._hear):
            if not self.faults.bus_is_new:
                self._provide()
            self.processes = list(replicas(self.around, self.faults.replicas))
            self._populate()
            Trouble(self).brew()
            self.loop.later(1.0, self._look)
            self.loop.run()
        return self

    def owed(self) -> list[str]:
        """Return what has not settled yet."""
        near = self.clock() + NEAR
        streams = self.tables.streams.items()
        return [
            *(f"webhooks: {self.postman.on_its_way}" for _ in range(self.postman.on_its_way)),
            *(f"outbox: {each.subject}" for each in self.tables.outbox.values()),
            *(f"pending: {name}" for name, each in streams if each.pending_since),
            *(f"deadline: {n}" for n, each in streams if each.wake_at and each.wake_at < near),
            *(f"bus: {each.left}" for each in self.server.consumers() if each.left),
        ]

    def _provide(self) -> None:
        """Have the streams made before anybody starts, as `up` does; else who is first does it."""
        for name, subjects in STREAMS.items():
            self.server.add_stream(StreamConfig(name=name, subjects=list(subjects)))

    def _populate(self) -> None:
        for number in range(self.faults.users):
            self._move_in(f"U{number}", f"U{number}")
        if self.faults.has_group:
            self._move_in("C0", "U0")
        everybody = {person.name: person for person in self.people}
        self.line.watch = lambda shown: _see(everybody, shown)

    def _move_in(self, name: str, user: str) -> None:
        chance = self._drawn("person", name)
        person = Person(name, user, chance, self.postman, self.faults.steps)
        self.people.append(person)
        self.loop.create_task(person.live())

    def _gateways(self) -> list[Process]:
        return [each for each in self.processes if each.service == "gateway" and each.is_alive]

    def _look(self) -> None:
        said = all(person.is_done for person in self.people)
        if not said or self.loop.now < self.faults.lasts:
            self._ends_at = self.loop.now
        elif not self.owed():
            self.has_settled = True
        if self.has_settled or self.loop.now > self._ends_at + LONGEST_AFTERMATH:
            self.loop.stop()
        self.loop.later(1.0, self._look)

    def _complain(self, of: str) -> None:
        self.note("world", of)
        self.bugs.append(of)

    def _hear(self, _: Any, level: str, event: Any) -> Any:
        name = event.pop("event", "")
        self.note("log", f"{level} {name}", event or None)
        raise structlog.DropEvent


def _see(everybody: dict[str, Person], shown: Shown) -> None:
    if shown.user in everybody:
        everybody[shown.user].see(shown)


def timeline(entries: Iterable[Entry], show: Callable[[Any], str] = repr) -> str:
    """Return a history as lines to read."""
    return "\n".join(
        f"{each.at:9.3f}  {each.who:<18} {each.what}"
        + (f"  {show(each.more)[:300]}" if each.more is not None else "")
        for each in entries
    )
