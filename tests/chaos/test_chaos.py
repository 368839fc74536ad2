"""The short form of `make chaos`: three minutes of faults, and not one promise broken."""

import os
from pathlib import Path

import pytest

from tests.chaos.running import plans, run

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.chaos]

SHORT_SECONDS = 150.0


@pytest.mark.parametrize("half", [0, 1], ids=["killed, frozen, wiped", "cut off from its servers"])
async def test_every_message_is_answered_once_whatever_fails(half: int, tmp_path: Path):
    plan = plans(os.environ, SHORT_SECONDS)[half]
    outcome = await run(plan, tmp_path)
    assert outcome.is_sound, f"CHAOS_SEED={plan.seed}\n{outcome.story}"
