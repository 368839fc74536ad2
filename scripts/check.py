"""Runs every static check at once and shows each one's time; the output of those that fail."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Check:
    """A command that must end with 0."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """How a check ended."""

    check: Check
    code: int
    output: str
    seconds: float


# The longest first: with two cores the short ones fill the gaps beside it.
CHECKS = (
    Check("types", ("basedpyright", "--pythonpath", sys.executable)),
    Check("architecture", ("pytest", "-q", "-m", "not slow", "tests/architecture")),
    Check("imports", ("lint-imports",)),
    Check("lint", ("ruff", "check", ".")),
    Check("format", ("ruff", "format", "--check", ".")),
)


def run(check: Check) -> Outcome:
    """Run one check to its end."""
    started = time.monotonic()
    tool, *arguments = check.command
    ended = subprocess.run(
        [BIN / tool, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    return Outcome(check, ended.returncode, ended.stdout, time.monotonic() - started)


def main() -> int:
    """Run all checks; the exit code says whether all passed."""
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as workers:
        outcomes = list(workers.map(run, CHECKS))
    failed = [outcome for outcome in outcomes if outcome.code]
    for outcome in failed:
        print(f"--- {outcome.check.name}: {' '.join(outcome.check.command)}\n{outcome.output}")
    for outcome in outcomes:
        verdict = "failed" if outcome.code else "ok"
        print(f"{outcome.check.name:<14}{verdict:<8}{outcome.seconds:5.1f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
