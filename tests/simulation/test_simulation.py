"""A thousand ways in which everything can go wrong, and nobody waits in vain or hears it twice."""

import os
import subprocess
import sys

import pytest

from tests.simulation.regressions import SEEDS
from tests.simulation.runs import fingerprint, first_broken

BLOCK = 100
FIRST = int(os.environ.get("SIMULATION_FIRST_SEED", "0"))
"""Elsewhere other seeds are tried: a night's search moves on from here."""


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_every_acknowledged_message_gets_its_one_answer(block: int):
    begin = FIRST + block * BLOCK
    broken = first_broken(range(begin, begin + BLOCK))
    assert broken is None, str(broken)


def test_what_once_broke_holds():
    broken = first_broken(SEEDS)
    assert broken is None, str(broken)


@pytest.mark.parametrize("seed", [3, 41])
def test_a_seed_reruns_identically(seed: int):
    assert fingerprint(seed) == fingerprint(seed)


def test_a_seed_reruns_identically_in_another_process():
    again = subprocess.run(
        [sys.executable, "-m", "tests.simulation", "7"],
        env=os.environ | {"PYTHONHASHSEED": "4711"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert again.stdout.startswith(fingerprint(7))
