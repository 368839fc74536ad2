"""`make chaos`: longer than a test, with the figures printed and the history kept when red."""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from tests.chaos.outcome import Outcome
from tests.chaos.running import Plan, plans, run

HALF_AN_HOUR = 1_800.0
ARTIFACTS = Path("artifacts")


async def _one(plan: Plan) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        outcome = await run(plan, Path(folder))
    sys.stdout.write(f"{outcome.story}\n")
    sys.stdout.flush()
    if not outcome.is_sound:
        outcome.export(ARTIFACTS / f"chaos-{plan.seed}-{plan.name.replace(' ', '-')}.jsonl")
    return outcome


def main() -> None:
    """Run both halves, print what came of them; exit code 1 when anything broke."""
    both = plans(os.environ, HALF_AN_HOUR)
    sys.stdout.write(f"CHAOS_SEED={both[0].seed}\n")
    for plan in both:
        sys.stdout.write(f"{plan.name}, {plan.seconds:g} s, {plan.rate:g} messages/s\n")
    outcomes = [asyncio.run(_one(plan)) for plan in both]
    turns = sum(len(each.judged.log.turns) for each in outcomes)
    kills = sum(n for each in outcomes for k, n in each.strikes.items() if k.startswith("kill"))
    violations = sum(len(each.judged.findings) for each in outcomes)
    sys.stdout.write(f"in all: {turns} turns, {kills} kills, {violations} violations\n")
    sys.exit(not all(each.is_sound for each in outcomes))


if __name__ == "__main__":
    main()
