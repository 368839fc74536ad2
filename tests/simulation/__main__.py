"""`python -m tests.simulation SEED`: live through a seed again and read what happened.

`python -m tests.simulation FROM TO` looks for seeds that break something, on all cores;
`python -m tests.simulation shrink SEED` for the fewest faults with which one still does.
"""

import sys
from typing import Any

from tests.simulation.faults import Faults
from tests.simulation.judge import Judge
from tests.simulation.runs import all_judged, judged
from tests.simulation.world import World, timeline


def main(*words: str) -> int:
    """Run the seeds; 1 when one of them broke something."""
    match words:
        case ("shrink", seed):
            return _shrink(int(seed))
        case (seed,):
            return _tell(int(seed))
        case _:
            return _hunt(range(*(int(word) for word in words)))


def _hunt(seeds: range) -> int:
    found = 0
    for verdict in all_judged(seeds):
        if verdict.broken:
            found += 1
            _say(f"seed {verdict.seed}: {'; '.join(verdict.broken[:3])}")
    _say(f"{found} of {len(seeds)} seeds broke something")
    return 1 if found else 0


def _tell(seed: int) -> int:
    world = World(seed).run()
    broken = Judge(world).broken()
    _say(timeline(world.history), "", f"seed {seed}: {world.faults}")
    _say(*broken or ["all invariants held"])
    return 1 if broken else 0


def _shrink(seed: int) -> int:
    """Leave out one kind of trouble after the other, for as long as the seed breaks something."""
    off: dict[str, Any] = {}
    for name, much in Faults.of(seed).troubles().items():
        without = off | {name: type(much)(0)}
        if judged(seed, given=without).broken:
            off = without
    verdict = judged(seed, given=off)
    _say(verdict.history, "", f"needed: {Faults.of(seed, **off).troubles()}", f"given: {off}")
    _say(*verdict.broken or ["all invariants held"])
    return 1 if verdict.broken else 0


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join((*lines, "")))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
