"""What a kill -9 under 50 messages a second costs: `python -m bench.recovery [VICTIM …]`.

Without names each service, Postgres and NATS is killed in turn; REPLICAS=2 runs two of each
service. Prints a line a kill, and what the history checker says of all of it; ends with 1 when a
limit or an invariant is broken.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cli.history.report import report
from tests.e2e.history import judged
from tests.e2e.load import translators
from tests.e2e.recovery import USERS, VICTIMS, Recovery, is_in_time, recovery
from tests.e2e.world import World, world

HEADING = "killed         door   back  last answer  slowest turn  turns  (seconds)"


async def main(victims: Sequence[str], replicas: int) -> int:
    """Kill each victim once and print the figures; return the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        async with world(Path(folder), replicas=replicas) as made:
            users = await translators(made, USERS)
            print(HEADING, flush=True)
            found = [await _told(made, users, each) for each in victims]
            verdict = await judged(made)
            print("\n".join(report(verdict)))
    late = [each for each in found if not is_in_time(each)]
    return 1 if late or verdict.broken else 0


async def _told(made: World, users: Sequence[str], victim: str) -> Recovery:
    found = await recovery(made, users, victim)
    figures = f"{found.door:6.1f} {found.back:6.1f} {found.last_answer:12.1f}"
    print(f"{victim:12} {figures} {found.slowest_turn:13.1f} {found.affected:6}", flush=True)
    return found


if __name__ == "__main__":
    named = sys.argv[1:] or list(VICTIMS)
    sys.exit(asyncio.run(main(named, int(os.environ.get("REPLICAS", "1")))))
