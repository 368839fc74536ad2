"""Many at once, and one who does not wait: every message is answered once, in order."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from chassis.testing import poll
from tests.e2e.line_ledger import Shown
from tests.e2e.moments import PATIENCE_SECONDS, elapse
from tests.e2e.scenarios import (
    assert_a_double_is_answered_once,
    assert_each_answered_once,
    assert_ten_users_are_answered,
    assert_the_eleventh_is_turned_away,
    assert_waiting_messages_keep_their_order,
    held_up,
    proofs,
)
from tests.e2e.world import World, new_tag, new_user, sentence

pytestmark = pytest.mark.e2e

TYPING_SECONDS = 0.05


@pytest.fixture(autouse=True)
async def _nothing_refused(calm: World) -> AsyncGenerator[None]:
    """See after each test that LINE and Gemini took everything, and that nobody waits."""
    yield
    calm.gemini.release()
    await calm.at_rest()
    assert calm.sound(), (calm.line.ledger.refused, calm.gemini.refused)


def words(answers: list[Shown]) -> list[str]:
    return [shown.text for shown in answers]


async def test_ten_users_with_five_sentences_each_are_answered_once(calm: World):
    await assert_ten_users_are_answered(calm)


async def test_three_messages_50_ms_apart_are_answered_in_order(calm: World):
    user = await calm.translating(new_user())
    tags = [new_tag() for _ in range(3)]
    said = [calm.platform.message(user, sentence(tag)) for tag in tags]
    sending: list[asyncio.Task[list[int | None]]] = []
    for each in said:
        sending.append(asyncio.create_task(calm.platform.deliver(each)))
        await elapse(TYPING_SECONDS)
    await asyncio.gather(*sending)
    await calm.answered(*said)
    await calm.at_rest()
    answers = calm.line.ledger.answers(user)[3:]
    assert proofs(answers) == [each.token for each in said]
    assert all(tag in shown.text for tag, shown in zip(tags, answers, strict=True))


async def test_while_one_is_in_work_the_eleventh_queued_is_turned_away(calm: World):
    await assert_the_eleventh_is_turned_away(calm)


async def test_waiting_messages_are_answered_as_they_were_sent(calm: World):
    await assert_waiting_messages_keep_their_order(calm)


async def test_an_event_delivered_twice_and_again_is_answered_once(calm: World):
    await assert_a_double_is_answered_once(calm)


async def test_the_loading_animation_is_shown_for_long_work_and_ends_with_the_answer(calm: World):
    user = await calm.translating(new_user())
    said = await held_up(calm, user)
    await poll(
        lambda: calm.line.ledger.last_sign(user).kind == "loading",
        PATIENCE_SECONDS,
        what="the animation",
    )
    calm.gemini.release()
    await calm.answered(said)
    await calm.at_rest()
    assert calm.line.ledger.last_sign(user).kind == "reply"


async def test_one_webhook_may_carry_events_of_several_users(calm: World):
    users = await asyncio.gather(*(calm.translating(new_user()) for _ in range(4)))
    tags = {new_tag(): user for user in users}
    said = [calm.platform.message(user, sentence(tag)) for tag, user in tags.items()]
    await calm.platform.deliver(*said)
    await calm.answered(*said)
    await assert_each_answered_once(calm, tags)


async def test_stop_ends_the_work_and_the_queue_and_each_message_is_told_so(calm: World):
    user = await calm.translating(new_user())
    working = await held_up(calm, user)
    waiting = await calm.say(user, sentence(new_tag()))
    stop = await calm.say(user, "stop")
    answers = await calm.answered(working, waiting, stop)
    assert ["已取消" in text for text in words(answers)] == [True, True, False]
    assert "已停止" in answers[-1].text
    calm.gemini.release()
    tag = new_tag()
    assert tag in (await calm.talk(user, sentence(tag))).text
    await calm.at_rest()
    assert len(calm.line.ledger.answers(user)) == 3 + 4


async def test_new_while_working_starts_over_and_the_late_result_is_not_shown(calm: World):
    user = await calm.translating(new_user())
    working = await held_up(calm, user)
    new = await calm.say(user, "new")
    cancelled, started = await calm.answered(working, new)
    assert "已取消" in cancelled.text
    assert started.choices == ["衛教", "聊天"]
    calm.gemini.release()
    assert "衛教主題" in (await calm.talk(user, "衛教")).text
    await calm.at_rest()
    assert len(calm.line.ledger.answers(user)) == 3 + 3
