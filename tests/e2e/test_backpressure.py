"""More than can be done: memory stays, the door refuses in words, what it took is answered."""

import asyncio
from collections.abc import AsyncGenerator, Mapping

import psutil
import pytest

from tests.e2e.history import assert_sound
from tests.e2e.webhooks import Said
from tests.e2e.world import World, new_tag, new_user, sentence, world

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.chaos]

USERS = 60
PADDING = "痛" * 4_800
EVENTS_IN_A_BURST = 30
"""Not quite the megabyte that a body may have."""
MEGABYTE = 1024 * 1024
MOST_GROWTH = 64 * MEGABYTE
"""Of one service under fire: its 64 messages in hand, and 32 MB of bodies at the door."""
ANSWERS = {200, 503, None}


@pytest.fixture(scope="module")
async def flooded(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    """Run a system of its own: its memory is looked at."""
    async with world(tmp_path_factory.mktemp("flooded")) as made:
        yield made


def long_sentence() -> str:
    """Return a sentence that is nearly as long as LINE allows, with a tag."""
    return sentence(new_tag()) + PADDING


def talk_of(flooded: World, user: str) -> list[Said]:
    """Return what a user says from the first word to a long sentence."""
    texts = ("開始", "聊天", "英文", sentence(new_tag()), long_sentence())
    return [flooded.platform.message(user, text) for text in texts]


def resident(flooded: World) -> dict[str, int]:
    """Return the bytes that each service holds."""
    found = {
        process.cmdline()[-1]: process.memory_info().rss
        for process in flooded.system.members()
        if process.is_running() and process.cmdline()[-2:-1] == ["run"]
    }
    assert len(found) == 6
    return found


def grown(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """Return the megabytes by which each service has grown too much."""
    growth = {name: after[name] - size for name, size in before.items()}
    return {name: size // MEGABYTE for name, size in growth.items() if size > MOST_GROWTH}


async def said_at_once(flooded: World, talks: list[list[Said]]) -> set[int | None]:
    """Let all say all at once, each in order; return every status that LINE was answered with."""

    async def one(talk: list[Said]) -> list[int | None]:
        return [status for said in talk for status in await flooded.platform.deliver(said)]

    return {status for found in await asyncio.gather(*map(one, talks)) for status in found}


async def test_more_than_can_be_done_is_answered_once_each_and_fills_no_memory(flooded: World):
    await flooded.translating(new_user())
    before = resident(flooded)
    talks = [talk_of(flooded, new_user()) for _ in range(USERS)]
    assert await said_at_once(flooded, talks) <= ANSWERS
    under_fire = resident(flooded)
    await flooded.answered(*(said for talk in talks for said in talk))
    await assert_sound(flooded)
    assert grown(before, under_fire) == {}
    assert grown(before, resident(flooded)) == {}


async def test_bursts_of_large_bodies_are_refused_or_answered_and_their_memory_is_given_back(
    flooded: World,
):
    users = [await flooded.translating(new_user()) for _ in range(4)]
    before = psutil.Process(flooded.system.service("gateway").pid).memory_info().rss
    bursts = [
        [
            flooded.platform.message(users[number % 4], long_sentence())
            for number in range(EVENTS_IN_A_BURST)
        ]
        for _ in range(3)
    ]
    statuses = await asyncio.gather(*(flooded.platform.deliver(*burst) for burst in bursts))
    assert {status for each in statuses for status in each} <= ANSWERS
    await flooded.answered(*(said for burst in bursts for said in burst))
    await assert_sound(flooded)
    after = psutil.Process(flooded.system.service("gateway").pid).memory_info().rss
    assert after - before < MOST_GROWTH
    assert flooded.sound(), (flooded.line.ledger.refused, flooded.gemini.refused)
