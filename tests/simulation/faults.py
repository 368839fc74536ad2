"""What goes wrong in a run: drawn from the seed, so that some runs know few troubles, some many."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from tests.simulation.draws import drawn

if TYPE_CHECKING:
    from tests.simulation.world import World

A_DAY, SOON = timedelta(hours=24), timedelta(seconds=45)
LIKELY, RARELY = 0.35, 0.1
AN_HOUR = timedelta(hours=1)
COUNTED = ("gateway", "conversation", "education", "translation", "notifier")
SHARES = {
    "db_lost": 0.1,
    "db_unheard": 0.1,
    "db_slow": 0.1,
    "bus_lost": 0.4,
    "bus_late": 0.4,
    "bus_doubled": 0.3,
    "line": 0.6,
    "refusals": 0.1,
    "model_slow": 0.6,
    "model_failing": 0.3,
    "model_hanging": 0.3,
    "model_away": 0.3,
    "model_broken": 0.2,
    "webhook_doubled": 0.5,
    "webhook_unheard": 0.3,
    "over_limit": 0.3,
    "doom": 0.02,
}
"""The most that may go wrong of each kind, as a share of all."""
TIMES = {
    "kills": 6,
    "freezes": 2,
    "outages": 2,
    "cuts": 2,
    "wipes": 2,
    "stops": 6,
    "partitions": 4,
    "jumps": 2,
}
"""How often each may happen at most."""


@dataclass(frozen=True, slots=True)
class Faults:
    """A run's size, and the share of everything that goes wrong in it."""

    lasts: float
    users: int
    has_group: bool
    steps: int
    replicas: dict[str, int]
    kills: int
    freezes: int
    outages: int
    cuts: int
    wipes: int
    db_lost: float
    db_unheard: float
    db_slow: float
    bus_lost: float
    bus_late: float
    bus_doubled: float
    line: float
    refusals: float
    model_slow: float
    model_failing: float
    model_hanging: float
    model_away: float
    model_broken: float
    webhook_doubled: float
    webhook_unheard: float
    over_limit: float
    doom: float
    stops: int
    partitions: int
    jumps: int
    skew: float
    idle_after: timedelta
    bus_is_new: bool

    @classmethod
    def of(cls, seed: int, **given: Any) -> "Faults":
        """Draw them, each from a stream of its own, but for those that are given."""

        def chance(name: str) -> Random:
            return drawn(seed, "faults", name)

        likely = {name for name in (*SHARES, *TIMES) if chance(f"{name}?").random() < LIKELY}
        size = chance("size")
        drawings: dict[str, Any] = {
            "lasts": 30.0 + size.random() * 60.0,
            "users": size.randint(1, 2),
            "has_group": size.random() < LIKELY / 2,
            "steps": size.randint(3, 9),
            "replicas": {each: chance(each).randint(1, 2) for each in COUNTED},
            "skew": chance("skew").choice((0.0, 0.0, 4.0)),
            "idle_after": chance("idle_after").choice((A_DAY, A_DAY, A_DAY, SOON)),
            "bus_is_new": chance("bus_is_new").random() < RARELY,
        }
        shares: dict[str, Any] = {
            n: chance(n).random() * SHARES[n] if n in likely else 0.0 for n in SHARES
        }
        times: dict[str, Any] = {
            n: chance(n).randint(1, TIMES[n]) if n in likely else 0 for n in TIMES
        }
        return cls(**drawings | shares | times | given)

    def troubles(self) -> dict[str, Any]:
        """Return what goes wrong in the run, without what does not."""
        found = {name: getattr(self, name) for name in (*SHARES, *TIMES, "skew", "bus_is_new")}
        return {name: much for name, much in found.items() if much}


class Trouble:
    """Lets the faults of a run happen, and end."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._faults = world.faults

    def brew(self) -> None:
        """Begin."""
        self._begin()
        self._some(self._faults.kills, self._kill)
        self._some(self._faults.freezes, self._freeze)
        self._some(self._faults.stops, self._stop)
        self._some(self._faults.outages, self._outage)
        self._some(self._faults.cuts, self._cut)
        self._some(self._faults.wipes, self._wipe)
        self._some(self._faults.partitions, self._part)
        self._some(self._faults.jumps, self._jump)
        self._world.loop.later(self._faults.lasts, self._end)

    def _some(self, times: int, what: Callable[[Random], None]) -> None:
        """Let something happen some times, each as its own stream of draws says."""
        for number in range(times):
            chance = drawn(self._world.seed, what.__name__, str(number))
            self._world.loop.later(chance.random() * self._faults.lasts, what, chance)

    def _begin(self) -> None:
        faults, around = self._faults, self._world.around
        cable, wire, moods = around.cable, around.wire, around.moods
        cable.lost, cable.unheard, cable.slow = faults.db_lost, faults.db_unheard, faults.db_slow
        wire.lost, wire.late, wire.doubled = faults.bus_lost, faults.bus_late, faults.bus_doubled
        around.line.mishaps = faults.line
        around.doom, around.line.refusals = faults.doom, faults.refusals
        moods.slow, moods.failing = faults.model_slow, faults.model_failing
        moods.hanging, moods.away = faults.model_hanging, faults.model_away
        moods.broken = faults.model_broken
        around.admission.over = faults.over_limit
        postman = self._world.postman
        postman.doubled, postman.unheard = faults.webhook_doubled, faults.webhook_unheard

    def _end(self) -> None:
        around, postman = self._world.around, self._world.postman
        cable, wire, moods = around.cable, around.wire, around.moods
        cable.lost = cable.unheard = cable.slow = 0.0
        wire.lost = wire.late = wire.doubled = 0.0
        cable.is_down = wire.is_cut = False
        for process in self._world.processes:
            process.join()
        moods.failing = moods.hanging = moods.away = moods.broken = 0.0
        around.doom = around.line.mishaps = around.admission.over = postman.doubled = (
            postman.unheard
        ) = 0.0
        self._world.note("world", "is at peace")

    def _kill(self, chance: Random) -> None:
        alive = [each for each in self._world.processes if each.is_alive]
        if not alive:
            return
        process = chance.choice(alive)
        process.kill()
        self._world.loop.later(0.1 + chance.random() * 8.0, process.start)

    def _freeze(self, chance: Random) -> None:
        chance.choice(self._world.processes).freeze(chance.choice((5.0, 30.0)))

    def _stop(self, chance: Random) -> None:
        """Tell one to stop, rather one that is at work: that is where it hurts."""
        alive = [each for each in self._world.processes if each.is_alive]
        busy = [each for each in alive if each.has_work]
        if alive:
            chance.choice(busy or alive).stop()

    def _part(self, chance: Random) -> None:
        """Cut one process off the bus, the database or both."""
        process = chance.choice(self._world.processes)
        process.part(
            **chance.choice(({"bus": True}, {"database": True}, {"bus": True, "database": True}))
        )
        self._world.loop.later(2.0 + chance.random() * 18.0, process.join)

    def _jump(self, chance: Random) -> None:
        """Let the clock of one process be an hour off for a while, or to the end of the faults."""
        process = chance.choice(self._world.processes)
        process.jump(chance.choice((-AN_HOUR, AN_HOUR)))
        self._world.loop.later(5.0 + chance.random() * 55.0, process.jump, timedelta(0))

    def _outage(self, chance: Random) -> None:
        cable = self._world.around.cable
        cable.is_down = True
        cable.breaks += 1
        self._world.note("database", "is down")
        self._world.loop.later(chance.random() * 10.0, self._up)

    def _up(self) -> None:
        self._world.around.cable.is_down = False
        self._world.note("database", "is up")

    def _cut(self, chance: Random) -> None:
        self._world.around.wire.is_cut = True
        self._world.around.wire.breaks += 1
        self._world.note("bus", "is cut off")
        self._world.loop.later(chance.random() * 15.0, self._joined)

    def _joined(self) -> None:
        wire = self._world.around.wire
        wire.is_cut, wire.whole_since = False, self._world.loop.now
        self._world.note("bus", "is back")

    def _wipe(self, _: Random) -> None:
        self._world.note("bus", "loses its disk")
        self._world.server.wipe()
