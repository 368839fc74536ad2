"""kill -9 of any one process under 50 messages a second: a pause, and nothing else."""

from collections.abc import AsyncGenerator

import pytest

from tests.e2e.history import assert_sound
from tests.e2e.load import translators
from tests.e2e.recovery import (
    DOOR_WITHIN,
    LAST_ANSWER_WITHIN,
    USERS,
    VICTIMS,
    recovery,
)
from tests.e2e.world import World, world

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.chaos]


@pytest.fixture(scope="module")
async def struck(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    """Run a system of its own, for its processes are going to be killed."""
    async with world(tmp_path_factory.mktemp("struck")) as made:
        yield made


@pytest.fixture(scope="module")
async def users(struck: World) -> list[str]:
    """Return those who write all the time."""
    return await translators(struck, USERS)


@pytest.mark.parametrize("victim", VICTIMS)
async def test_a_kill_under_load_is_a_pause_of_seconds(
    struck: World, users: list[str], victim: str
):
    found = await recovery(struck, users, victim)
    assert found.door <= DOOR_WITHIN, found
    assert found.last_answer <= LAST_ANSWER_WITHIN, found


async def test_the_history_of_all_these_kills_is_sound(struck: World):
    assert struck.sound(), struck.line.ledger.refused
    await assert_sound(struck)
