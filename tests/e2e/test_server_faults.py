"""Servers and LINE that stall, die and forget: late at most, never silent, never twice."""

import asyncio
import shutil

import psutil
import pytest

from chassis.testing import poll
from tests.e2e.moments import PATIENCE_SECONDS, START_SECONDS
from tests.e2e.world import World, new_tag, new_user, sentence

pytestmark = pytest.mark.e2e

LINE_TROUBLES: tuple[list[int | str], ...] = (
    [500, 503],
    ["accepted_500"],
    [500, "accepted_500"],
    ["accepted_hang"],
)


async def assert_answered_once(stormy: World, user: str, tag: str) -> None:
    """See that a sentence reached its user, as the only answer besides the greetings."""
    await poll(lambda: stormy.line.ledger.about(tag), PATIENCE_SECONDS, what=f"an answer to {tag}")
    await stormy.at_rest()
    assert [shown.user for shown in stormy.line.ledger.about(tag)] == [user]
    assert len(stormy.line.ledger.answers(user)) == 3 + 1
    assert stormy.sound(), stormy.line.ledger.refused


@pytest.mark.parametrize("dies", [False, True], ids=["stalls", "stalls and is killed"])
async def test_without_a_database_line_is_asked_to_come_again(stormy: World, dies: bool):
    user, tag = await stormy.translating(new_user()), new_tag()
    said = stormy.platform.message(user, sentence(tag))
    processes = stormy.system.server("postgres")
    try:
        _each(processes, "suspend")
        assert await stormy.platform.attempt(said, patience=PATIENCE_SECONDS) == 503
        await stormy.system.until_ready(ready=False)
    finally:
        _each(processes, "kill" if dies else "resume")
    assert (await stormy.platform.deliver(said))[-1] == 200
    await assert_answered_once(stormy, user, tag)
    assert ("postgres was killed by SIGKILL" in stormy.system.output) >= dies
    await stormy.system.until_ready()


async def test_a_database_killed_amid_work_delays_the_answer_only(stormy: World):
    user, tag = await stormy.translating(new_user()), new_tag()
    stormy.gemini.latency = 0.5
    said = await stormy.say(user, sentence(tag))
    await stormy.at_work()
    stormy.system.server("postgres")[0].kill()
    stormy.gemini.latency = 0.0
    await assert_answered_once(stormy, user, tag)
    assert (await stormy.platform.deliver(said))[-1] == 200
    await assert_answered_once(stormy, user, tag)
    await stormy.system.until_ready()


async def test_while_nats_stalls_messages_are_taken_and_answered_after_it(stormy: World):
    user, tag = await stormy.translating(new_user()), new_tag()
    (nats,) = stormy.system.server("nats-server")
    try:
        nats.suspend()
        said = stormy.platform.message(user, sentence(tag))
        assert await stormy.platform.attempt(said, patience=PATIENCE_SECONDS) == 200
        await stormy.system.until_ready(ready=False)
    finally:
        nats.resume()
    await assert_answered_once(stormy, user, tag)
    await stormy.system.until_ready()


@pytest.mark.parametrize("forgets", [False, True], ids=["keeps its disk", "loses its disk"])
async def test_a_killed_nats_costs_nobody_an_answer(stormy: World, forgets: bool):
    users = [await stormy.translating(new_user()) for _ in range(2)]
    tags = [new_tag() for _ in users]
    stormy.gemini.latency = 0.5
    await stormy.say(users[0], sentence(tags[0]))
    await stormy.at_work()
    up, (nats,) = psutil.Process(stormy.system.process.pid), stormy.system.server("nats-server")
    up.suspend()  # it would start NATS anew before its disk is gone
    try:
        nats.kill()
        await poll(lambda: _is_gone(nats), START_SECONDS, what="the end of NATS")
        if forgets:
            shutil.rmtree(stormy.system.home / "nats" / "store")
        said = stormy.platform.message(users[1], sentence(tags[1]))
        assert await stormy.platform.attempt(said, patience=PATIENCE_SECONDS) == 200
    finally:
        up.resume()
        stormy.gemini.latency = 0.0
    for user, tag in zip(users, tags, strict=True):
        await assert_answered_once(stormy, user, tag)
    await stormy.system.until_ready()


async def test_a_troubled_line_shows_each_answer_once(stormy: World):
    async def troubled(trouble: list[int | str], *, token: bool) -> None:
        user, tag = await stormy.translating(new_user()), new_tag()
        stormy.line.faults[user] = [*trouble]
        said = stormy.platform.message(user, sentence(tag), token=token)
        await stormy.platform.deliver(said)
        await assert_answered_once(stormy, user, tag)
        assert stormy.line.faults[user] == []
        assert stormy.line.ledger.about(tag)[0].kind == ("reply" if token else "push")

    ways = [(trouble, token) for trouble in LINE_TROUBLES for token in (True, False)]
    await asyncio.gather(*(troubled(trouble, token=token) for trouble, token in ways))


def _each(processes: list[psutil.Process], do: str) -> None:
    for process in processes:
        if process.is_running():
            getattr(process, do)()


def _is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
