"""How many turns a second this machine takes, and what becomes of twice as many.

    python -m bench.knee

The rate rises until an answer in twenty takes longer than two seconds; the last rate before is the
knee. Then twice the knee for a minute: what the door refused, what became of what it took, and
what memory did. The exit code is 1 when something acknowledged was not answered exactly once.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from bench.clinic import upstreams
from bench.door import Door
from bench.flood import OK, Flood, Wave, middle, percentile
from bench.memory import Held, held
from bench.soak import SETTINGS
from bench.system import Running, running

STEPS = (10, 15, 20, 25, 30, 35, 40, 45, 50, 60, 70, 80, 100, 120, 140)
STEP_SECONDS = 15.0
LIMIT_SECONDS = 2.0
REST_SECONDS = 240.0
USERS = 200
SAMPLE_SECONDS = 1.0
SETTLE_SECONDS = 10.0


class Peak:
    """The most that each program held while this ran."""

    def __init__(self, root: int) -> None:
        """Watch the programs below a process."""
        self._root = root
        self.most: dict[str, float] = {}

    async def run(self) -> None:
        """Sample until cancelled."""
        while True:
            for name, each in (await asyncio.to_thread(held, self._root)).items():
                self.most[name] = max(each.resident, self.most.get(name, 0.0))
            await asyncio.sleep(SAMPLE_SECONDS)


async def knee(flood: Flood, limit: float) -> float:
    """Return the last rate at which answers came in time."""
    good = 0.0
    print("turns/s   p50 s   p95 s   ack p95 s   late")
    for rate in STEPS:
        wave = await flood.pour(rate, STEP_SECONDS)
        late = flood.unanswered(wave)
        await flood.rest(wave, REST_SECONDS)
        seconds = flood.seconds(wave)
        p95 = percentile(seconds, 0.95)
        ack = percentile(sorted(wave.acks), 0.95)
        print(f"{rate:7} {middle(seconds):7.3f} {p95:7.3f} {ack:11.3f} {late:6}", flush=True)
        if p95 > limit:
            break
        good = rate
    return good


async def overload(flood: Flood, system: Running, rate: float, seconds: float) -> bool:
    """Pour, and print what became of it; False when an acknowledged message fared badly."""
    before = await asyncio.to_thread(held, system.root)
    peak = Peak(system.root)
    watching = asyncio.create_task(peak.run())
    wave = await flood.pour(rate, seconds)
    whole = await flood.rest(wave, REST_SECONDS)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    await asyncio.sleep(SETTLE_SECONDS)
    after = await asyncio.to_thread(held, system.root)
    _tell(flood, wave, rate)
    _tell_memory(before, peak.most, after)
    return whole and flood.doubled(wave) == 0


def _tell(flood: Flood, wave: Wave, rate: float) -> None:
    seconds = flood.seconds(wave)
    refused = sum(times for status, times in wave.statuses.items() if status != OK)
    print(f"\n{rate:.0f} turns/s: {len(wave.sent):,} messages, {dict(wave.statuses)} by status")
    print(f"  refused {refused:,}, acknowledged {len(wave.acknowledged):,}")
    print(f"  unanswered {flood.unanswered(wave)}, doubled {flood.doubled(wave)}")
    print(
        f"  from the acknowledged webhook to the answer: median {middle(seconds):.2f} s, "
        f"p95 {percentile(seconds, 0.95):.2f} s, max {percentile(seconds, 1.0):.2f} s"
    )


def _tell_memory(before: dict[str, Held], most: dict[str, float], after: dict[str, Held]) -> None:
    print("  MiB             before     most    after")
    for name in sorted(before):
        if name in after:
            figures = before[name].resident, most.get(name, 0.0), after[name].resident
            print(f"  {name:14}" + "".join(f"{each:9.1f}" for each in figures))


async def run(told: argparse.Namespace) -> bool:
    """Find the knee, or take the one that is told, and go to twice it."""
    with tempfile.TemporaryDirectory() as home:
        async with upstreams() as (address, mail):
            settings = SETTINGS | {"SMTP_PORT": str(mail), "TAIGI_BASE_URL": address}
            async with running(Path(home), address, settings) as system:
                flood = Flood(Door(system.port), USERS)
                await flood.warm_up()
                found = told.knee or await knee(flood, told.limit)
                print(f"knee: {found:.0f} turns/s")
                return await overload(flood, system, 2 * found, told.seconds)


def main() -> None:
    """Read the command line, run, exit."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--limit", type=float, default=LIMIT_SECONDS, help="seconds, of p95")
    asked.add_argument("--knee", type=float, default=0.0, help="turns a second, if it is known")
    asked.add_argument("--seconds", type=float, default=60.0, help="how long twice the knee")
    sys.exit(0 if asyncio.run(run(asked.parse_args())) else 1)


if __name__ == "__main__":
    main()
