"""Memory over a long run: that of every program after 100,000 turns beside that after 10,000.

    python -m bench.soak --turns 100000 --rate 20 --users 60

At 40 turns/s it takes about 45 minutes; the exit code is 1 when anything has grown by over a tenth
(a server, whose buffers and connections come with the load: when it is past its bound, too).
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import deque
from contextlib import suppress
from pathlib import Path

from bench.clinic import upstreams
from bench.crowd import Crowd
from bench.door import Door
from bench.memory import Held, held, median
from bench.system import Running, running

FIRST_SHARE = 0.1
GROWTH = 1.10
BOUNDED = {"nats-server": 128.0, "postgres": 400.0}
"""MiB of the servers: 8 MB for each stream, those of quiet ones filled late; 64 MB of Postgres's
shared buffers, and up to 60 connections of 3 to 6 MB, opened by what comes at once."""
SAMPLE_SECONDS = 5.0
SAMPLES = 9
LINES = 40
"""Progress is printed so many times."""
SETTINGS = {
    "BASE_URL": "https://bot.example.org",
    "SMTP_HOST": "127.0.0.1",
    "SMTP_TLS": "none",
    "GMAIL_ADDRESS": "clinic@example.org",
    "EMAIL_CHECK_MX": "false",
}
Reading = dict[str, Held]


class Watch:
    """Samples memory beside a crowd, and keeps what it was at two points of the run."""

    def __init__(self, system: Running, crowd: Crowd, turns: int) -> None:
        """Compare the end of `turns` with the end of their first tenth."""
        self._system = system
        self._crowd = crowd
        self._marks = [int(turns * FIRST_SHARE), turns]
        self._step = max(1, turns // LINES)
        self._latest: deque[Reading] = deque(maxlen=SAMPLES)
        self._began = time.monotonic()
        self.found: list[Reading] = []

    async def run(self) -> None:
        """Sample until cancelled."""
        printed = 0
        while True:
            self._latest.append(await asyncio.to_thread(held, self._system.root))
            if self._crowd.turns >= printed + self._step:
                printed = self._crowd.turns
                self._print()
            self.mark()
            await asyncio.sleep(SAMPLE_SECONDS)

    def mark(self) -> None:
        """Keep the median of the last samples when the turns of the next point are done."""
        if self._marks and self._crowd.turns >= self._marks[0]:
            self._marks.pop(0)
            self.found.append(median(self._latest))

    def _print(self) -> None:
        now = median(self._latest)
        each = "  ".join(f"{name} {kept.resident:.1f}" for name, kept in sorted(now.items()))
        seconds = sorted(self._crowd.seconds)
        print(
            f"{self._crowd.turns:>8,} turns  {time.monotonic() - self._began:>6.0f} s  "
            f"p95 {seconds[int(len(seconds) * 0.95)]:.2f} s  refused {self._crowd.refused}  {each}",
            flush=True,
        )


async def soak(turns: int, rate: float, users: int) -> bool:
    """Run the turns and print the table; False when a program has grown by over a tenth."""
    with tempfile.TemporaryDirectory() as home:
        async with upstreams() as (address, mail):
            settings = SETTINGS | {"SMTP_PORT": str(mail), "TAIGI_BASE_URL": address}
            async with running(Path(home), address, settings) as system:
                crowd = Crowd(Door(system.port), rate=rate, users=users)
                watch = Watch(system, crowd, turns)
                watching = asyncio.create_task(watch.run())
                try:
                    await crowd.run(turns)
                    watch.mark()
                finally:
                    watching.cancel()
                    with suppress(asyncio.CancelledError):
                        await watching
    return _report(turns, *watch.found)


def _report(turns: int, first: Reading, last: Reading) -> bool:
    print(f"\nMiB {'':14} {int(turns * FIRST_SHARE):>9,} {turns:>9,}  ratio   unshared  ratio")
    kept = True
    for name in sorted(set(first) & set(last)):
        before, after = first[name], last[name]
        ratio = after.resident / before.resident
        kept = kept and (ratio <= GROWTH or after.resident <= BOUNDED.get(name, 0.0))
        print(
            f"    {name:14} {before.resident:9.1f} {after.resident:9.1f}  {ratio:5.3f}  "
            f"{after.own:9.1f}  {after.own / before.own:5.3f}"
        )
    return kept


def main() -> None:
    """Read the command line, run, exit."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--turns", type=int, default=100_000)
    asked.add_argument("--rate", type=float, default=40.0, help="turns a second")
    asked.add_argument("--users", type=int, default=100, help="at the same time")
    told = asked.parse_args()
    sys.exit(0 if asyncio.run(soak(told.turns, told.rate, told.users)) else 1)


if __name__ == "__main__":
    main()
