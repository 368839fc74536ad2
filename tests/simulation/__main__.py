"""`python -m tests.simulation SEED`: live through a seed again and read what happened.

`python -m tests.simulation FROM TO` looks for seeds that break something.
"""

import sys

from tests.simulation.judge import Judge
from tests.simulation.runs import judged
from tests.simulation.world import World, timeline


def main(*numbers: str) -> int:
    """Run the seeds; 1 when one of them broke something."""
    seeds = [int(number) for number in numbers]
    if len(seeds) == 1:
        return _tell(seeds[0])
    found = 0
    for verdict in map(judged, range(*seeds)):
        if verdict.broken:
            found += 1
            _say(f"seed {verdict.seed}: {'; '.join(verdict.broken[:3])}")
    _say(f"{found} of {len(range(*seeds))} seeds broke something")
    return 1 if found else 0


def _tell(seed: int) -> int:
    world = World(seed).run()
    broken = Judge(world).broken()
    _say(timeline(world.history), "", f"seed {seed}: {world.faults}")
    _say(*broken or ["all invariants held"])
    return 1 if broken else 0


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join((*lines, "")))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
