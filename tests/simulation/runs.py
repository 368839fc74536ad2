"""Running seeds and saying what they came to."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.simulation.judge import Judge
from tests.simulation.tables import NOTHING, Without
from tests.simulation.world import World, timeline


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a seed broke, and how it came to that."""

    seed: int
    broken: list[str]
    history: str

    def __str__(self) -> str:
        """Say it all, the verdict last: that is what a terminal shows first."""
        again = f"again: .venv/bin/python -m tests.simulation {self.seed}"
        return "\n".join(["", self.history, "", f"seed {self.seed}", *self.broken, again])


def judged(seed: int, *, without: Without = NOTHING, sweeps: bool = True) -> Verdict:
    """Run a seed and return the verdict."""
    world = World(seed, without=without, sweeps=sweeps).run()
    broken = Judge(world).broken()
    return Verdict(seed, broken, timeline(world.history) if broken else "")


def first_broken(
    seeds: Iterable[int],
    *,
    without: Without = NOTHING,
    sweeps: bool = True,
) -> Verdict | None:
    """Return the first of these seeds that breaks something."""
    verdicts = (judged(seed, without=without, sweeps=sweeps) for seed in seeds)
    return next((verdict for verdict in verdicts if verdict.broken), None)


def fingerprint(seed: int) -> str:
    """Return all that happened in a run, but for what is random on purpose (keys, nonces)."""
    return timeline(World(seed).run().history)
