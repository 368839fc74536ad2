"""Two replicas of every service: whoever gets a message, it is answered once and in order."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator

import pytest

from tests.e2e.audit import gaps, misfolded
from tests.e2e.history import assert_sound
from tests.e2e.moments import elapse
from tests.e2e.scenarios import (
    assert_a_double_is_answered_once,
    assert_ten_users_are_answered,
    assert_the_eleventh_is_turned_away,
    assert_waiting_messages_keep_their_order,
    proofs,
)
from tests.e2e.world import World, new_tag, new_user, sentence, world

pytestmark = pytest.mark.e2e

SERVICES = ("gateway", "conversation", "education", "translation", "speech", "notifier")
TYPING_SECONDS = 0.05
DOUBLES = 10


@pytest.fixture(scope="module")
async def twofold(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    """Run two of every service; LINE's webhooks go to both gateways in turn."""
    async with world(tmp_path_factory.mktemp("twofold"), replicas=2) as made:
        yield made


@pytest.fixture(autouse=True)
async def _nothing_refused(twofold: World) -> AsyncGenerator[None]:
    """See after each test that LINE and Gemini took everything, and that nobody waits."""
    yield
    twofold.gemini.release()
    await twofold.at_rest()
    assert twofold.sound(), (twofold.line.ledger.refused, twofold.gemini.refused)


async def test_two_of_every_service_run(twofold: World):
    names = [each.cmdline()[-1] for each in twofold.system.members() if "run" in each.cmdline()]
    assert Counter(names) == dict.fromkeys(SERVICES, 2)
    assert len(set(twofold.platform.gateways)) == 2


async def test_ten_users_with_five_sentences_each_are_answered_once(twofold: World):
    await assert_ten_users_are_answered(twofold)


async def test_three_messages_50_ms_apart_are_answered_in_order(twofold: World):
    user = await twofold.translating(new_user())
    said = [twofold.platform.message(user, sentence(new_tag())) for _ in range(3)]
    for each in said:
        await twofold.platform.deliver(each)
        await elapse(TYPING_SECONDS)
    await twofold.answered(*said)
    await twofold.at_rest()
    assert proofs(twofold.line.ledger.answers(user)[3:]) == [each.token for each in said]


async def test_while_one_is_in_work_the_eleventh_queued_is_turned_away(twofold: World):
    await assert_the_eleventh_is_turned_away(twofold)


async def test_waiting_messages_are_answered_as_they_were_sent(twofold: World):
    await assert_waiting_messages_keep_their_order(twofold)


async def test_the_same_event_at_both_gateways_at_once_is_answered_once(twofold: World):
    await asyncio.gather(*(assert_a_double_is_answered_once(twofold) for _ in range(DOUBLES)))


async def test_the_log_of_two_writers_is_whole(twofold: World):
    await twofold.at_rest()
    assert await gaps(twofold.system.database_url) == []
    conversations, wrong = await misfolded(twofold.system.database_url)
    assert conversations > 0
    assert wrong == []


async def test_the_history_of_all_that_is_sound(twofold: World):
    await assert_sound(twofold)
