"""What goes wrong in a run: drawn from the seed, so that some runs know few troubles, some many."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulation.world import World

A_DAY, SOON = timedelta(hours=24), timedelta(seconds=45)
LIKELY = 0.35
COUNTED = ("gateway", "conversation", "education", "translation", "notifier")


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
    skew: float
    idle_after: timedelta

    @classmethod
    def of(cls, chance: Random) -> "Faults":
        """Draw them."""

        def share(most: float) -> float:
            return chance.random() * most if chance.random() < LIKELY else 0.0

        def times(most: int) -> int:
            return chance.randint(1, most) if chance.random() < LIKELY else 0

        return cls(
            lasts=30.0 + chance.random() * 60.0,
            users=chance.randint(1, 2),
            has_group=chance.random() < LIKELY / 2,
            steps=chance.randint(3, 9),
            replicas={each: chance.randint(1, 2) for each in COUNTED},
            kills=times(6),
            freezes=times(2),
            outages=times(2),
            cuts=times(2),
            wipes=times(2),
            db_lost=share(0.1),
            db_unheard=share(0.1),
            db_slow=share(0.1),
            bus_lost=share(0.4),
            bus_late=share(0.4),
            bus_doubled=share(0.3),
            line=share(0.6),
            refusals=share(0.1),
            model_slow=share(0.6),
            model_failing=share(0.3),
            model_hanging=share(0.3),
            model_away=share(0.3),
            model_broken=share(0.2),
            webhook_doubled=share(0.5),
            webhook_unheard=share(0.3),
            over_limit=share(0.3),
            doom=share(0.02),
            stops=times(4),
            skew=chance.choice((0.0, 0.0, 4.0)),
            idle_after=chance.choice((A_DAY, A_DAY, A_DAY, SOON)),
        )


class Trouble:
    """Lets the faults of a run happen, and end."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._faults = world.faults
        self._chance = world.chance

    def brew(self) -> None:
        """Begin."""
        self._begin()
        self._some(self._faults.kills, self._kill)
        self._some(self._faults.freezes, self._freeze)
        self._some(self._faults.stops, self._stop)
        self._some(self._faults.outages, self._outage)
        self._some(self._faults.cuts, self._cut)
        self._some(self._faults.wipes, self._wipe)
        self._world.loop.later(self._faults.lasts, self._end)

    def _some(self, times: int, what: Callable[[], None]) -> None:
        for _ in range(times):
            self._world.loop.later(self._chance.random() * self._faults.lasts, what)

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
        moods.failing = moods.hanging = moods.away = moods.broken = 0.0
        around.doom = around.line.mishaps = around.admission.over = postman.doubled = (
            postman.unheard
        ) = 0.0
        self._world.note("world", "is at peace")

    def _kill(self) -> None:
        alive = [each for each in self._world.processes if each.is_alive]
        if not alive:
            return
        process = self._chance.choice(alive)
        process.kill()
        self._world.loop.later(0.1 + self._chance.random() * 8.0, process.start)

    def _freeze(self) -> None:
        self._chance.choice(self._world.processes).freeze(self._chance.choice((5.0, 30.0)))

    def _stop(self) -> None:
        alive = [each for each in self._world.processes if each.is_alive]
        if alive:
            self._chance.choice(alive).stop()

    def _outage(self) -> None:
        cable = self._world.around.cable
        cable.is_down = True
        self._world.note("database", "is down")
        self._world.loop.later(self._chance.random() * 10.0, self._up)

    def _up(self) -> None:
        self._world.around.cable.is_down = False
        self._world.note("database", "is up")

    def _cut(self) -> None:
        self._world.around.wire.is_cut = True
        self._world.note("bus", "is cut off")
        self._world.loop.later(self._chance.random() * 15.0, self._joined)

    def _joined(self) -> None:
        self._world.around.wire.is_cut = False
        self._world.note("bus", "is back")

    def _wipe(self) -> None:
        self._world.note("bus", "loses its disk")
        self._world.server.wipe()
