"""A rolling restart under load: no webhook is refused, and nobody notices."""

import asyncio
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from tests.chaos.balancer import Balancer
from tests.chaos.crowd import Crowd
from tests.chaos.running import history_of, verdicts
from tests.chaos.stage import staged
from tests.chaos.striking import Striker
from tests.e2e.moments import PATIENCE_SECONDS

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.chaos]

RATE = 10.0
USERS = 20


async def test_of_two_replicas_each_restarts_in_turn_and_no_webhook_fails(tmp_path: Path):
    chance = Random(1)
    async with staged(tmp_path, chance, own_servers=True, replicas=2) as stage:
        platform = stage.world.platform
        assert isinstance(platform, Balancer)
        platform.longest_wait = PATIENCE_SECONDS
        crowd = Crowd(stage, chance, USERS)
        await crowd.begin(RATE)
        talking = asyncio.create_task(crowd.talk(RATE, PATIENCE_SECONDS))
        await Striker(stage, chance).roll()
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)
        await crowd.delivered()
        assert Counter(each.status for each in platform.posted).keys() == {200}
        await stage.at_rest(PATIENCE_SECONDS)
        judged = await verdicts(await history_of(stage))
    assert judged.broken == [], judged.findings
