"""Running seeds and saying what they came to."""

import gc
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from tests.simulation.judge import Judge
from tests.simulation.tables import NOTHING, Without
from tests.simulation.world import World, timeline

AT_ONCE = 20
"""Seeds a process is given at a time: enough to keep it busy, few enough to share them evenly."""


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


def judged(
    seed: int, *, without: Without = NOTHING, given: Mapping[str, Any] | None = None
) -> Verdict:
    """Run a seed and return the verdict; what is `given` of its faults is not drawn."""
    world = World(seed, without=without, given=given or {}).run()
    broken = Judge(world).broken()
    return Verdict(seed, broken, timeline(world.history) if broken else "")


def all_judged(seeds: Iterable[int]) -> Iterator[Verdict]:
    """Yield the verdicts of many seeds, in their order, worked out on all cores."""
    # What was imported stays: looking through it for garbage costs more than a run.
    spawned = get_context("spawn")
    with ProcessPoolExecutor(mp_context=spawned, initializer=gc.freeze) as cores:
        yield from cores.map(judged, seeds, chunksize=AT_ONCE)


def first_broken(seeds: Iterable[int], *, without: Without = NOTHING) -> Verdict | None:
    """Return the first of these seeds that breaks something."""
    verdicts = (judged(seed, without=without) for seed in seeds)
    return next((verdict for verdict in verdicts if verdict.broken), None)


def fingerprint(seed: int) -> str:
    """Return all that happened in a run, but for what is random on purpose (keys, nonces)."""
    return timeline(World(seed).run().history)
