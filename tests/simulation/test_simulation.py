"""A thousand ways in which everything can go wrong, and nobody waits in vain or hears it twice."""

import os
import subprocess
import sys
import time
from collections.abc import Generator

import pytest
import structlog

from services.conversation import sweeper
from tests.simulation.regressions import CASES, Case
from tests.simulation.runs import all_judged, fingerprint, judged

SEEDS = int(os.environ.get("SIMULATION_SEEDS", "1000"))
FIRST = int(os.environ.get("SIMULATION_FIRST_SEED", "0"))
"""Elsewhere other seeds are tried: a night's search moves on from here."""
SOMETHING_LOGGED = 7


@pytest.mark.slow
def test_every_acknowledged_message_gets_its_one_answer(capsys: pytest.CaptureFixture[str]):
    begun = time.monotonic()
    verdicts = list(all_judged(range(FIRST, FIRST + SEEDS)))
    with capsys.disabled():
        took = time.monotonic() - begun
        sys.stdout.write(f"\n{len(verdicts)} seeds in {took:.0f} s on {os.cpu_count()} cores\n")
    broken = [verdict for verdict in verdicts if verdict.broken]
    assert not broken, f"{broken[0]}\nalso: {[each.seed for each in broken[1:]]}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.was)
def test_what_once_broke_holds(case: Case):
    verdict = judged(case.seed, given=case.faults)
    assert not verdict.broken, str(verdict)


@pytest.mark.parametrize("seed", [3, 41])
def test_a_seed_reruns_identically(seed: int):
    assert fingerprint(seed) == fingerprint(seed)


def test_a_seed_reruns_identically_where_services_have_logged(logged_before: None):
    del logged_before
    told_here = fingerprint(SOMETHING_LOGGED)
    assert "log  " in told_here
    assert told("1", seed=SOMETHING_LOGGED).startswith(told_here)


def test_a_seed_reruns_identically_in_another_process():
    here = fingerprint(7)
    assert told("1", seed=7).startswith(here)
    assert told("4711", seed=7).startswith(here)


@pytest.fixture
def logged_before() -> Generator[None]:
    """Let a logger of a service remember a set-up, as loggers do where a service has run."""
    before = structlog.get_config()
    structlog.configure(
        logger_factory=structlog.ReturnLoggerFactory(),
        processors=[],
        cache_logger_on_first_use=True,
    )
    sweeper.log.warning("remembers_its_set_up")
    structlog.configure(**before)
    yield
    vars(sweeper.log).pop("bind", None)


def told(hash_seed: str, *, seed: int) -> str:
    """Return what a fresh process tells of a seed."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.simulation", str(seed)],
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout
