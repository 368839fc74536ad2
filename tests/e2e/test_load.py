"""Many at once, and one who does not wait: every message is answered once, in order."""

import asyncio

import pytest

from tests.e2e.line_ledger import Shown
from tests.e2e.moments import elapse
from tests.e2e.webhooks import Said
from tests.e2e.world import World, new_tag, new_user, sentence

pytestmark = pytest.mark.e2e

TYPING_SECONDS = 0.05


@pytest.fixture(autouse=True)
async def _nothing_refused(calm: World):
    yield
    calm.gemini.release()
    await calm.at_rest()
    assert calm.sound(), (calm.line.ledger.refused, calm.gemini.refused)


async def each_answered_once(calm: World, tags: dict[str, str]) -> None:
    """Assert that each tag reached its own user, once, and nobody else."""
    await calm.at_rest()
    seen = {tag: [shown.user for shown in calm.line.ledger.about(tag)] for tag in tags}
    assert seen == {tag: [user] for tag, user in tags.items()}


async def held_up(calm: World, user: str) -> Said:
    """Send a sentence whose answer stays in the making."""
    calm.gemini.hold()
    said = await calm.say(user, sentence(new_tag()))
    await calm.at_work()
    return said


def words(answers: list[Shown]) -> list[str]:
    return [shown.text for shown in answers]


async def test_ten_users_with_five_sentences_each_are_answered_once(calm: World):
    users = await asyncio.gather(*(calm.translating(new_user()) for _ in range(10)))
    tags = {user: [new_tag() for _ in range(5)] for user in users}

    async def speak(user: str) -> list[Said]:
        return [await calm.say(user, sentence(tag)) for tag in tags[user]]

    said = [each for spoken in await asyncio.gather(*map(speak, users)) for each in spoken]
    await calm.answered(*said)
    await each_answered_once(calm, {tag: user for user in users for tag in tags[user]})
    for user in users:
        assert len(calm.line.ledger.answers(user)) == 3 + 5
        assert calm.line.ledger.last_sign(user).kind == "reply"


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
    assert [shown.proof for shown in answers] == [each.token for each in said]
    assert all(tag in shown.text for tag, shown in zip(tags, answers, strict=True))


async def test_while_one_is_in_work_the_eleventh_queued_is_turned_away(calm: World):
    user = await calm.translating(new_user())
    first = await held_up(calm, user)
    queued = [await calm.say(user, sentence(new_tag())) for _ in range(10)]
    eleventh = await calm.say(user, sentence(new_tag()))
    (turned_away,) = await calm.answered(eleventh)
    assert "請稍候" in turned_away.text
    assert calm.line.ledger.answers(user)[3:] == [turned_away]
    calm.gemini.release()
    await calm.answered(first, *queued)
    await calm.at_rest()
    answers = calm.line.ledger.answers(user)[4:]
    assert [shown.proof for shown in answers] == [each.token for each in (first, *queued)]
    assert not any("請稍候" in text for text in words(answers))


async def test_an_event_delivered_twice_and_again_is_answered_once(calm: World):
    user, tag = await calm.translating(new_user()), new_tag()
    said = calm.platform.message(user, sentence(tag))
    await asyncio.gather(calm.platform.deliver(said), calm.platform.deliver(said))
    await calm.answered(said)
    assert await calm.platform.attempt(said, again=True) == 200
    await each_answered_once(calm, {tag: user})
    assert len(calm.gemini.about(tag)) == 1
    assert len(calm.line.ledger.answers(user)) == 3 + 1


async def test_one_webhook_may_carry_events_of_several_users(calm: World):
    users = await asyncio.gather(*(calm.translating(new_user()) for _ in range(4)))
    tags = {new_tag(): user for user in users}
    said = [calm.platform.message(user, sentence(tag)) for tag, user in tags.items()]
    await calm.platform.deliver(*said)
    await calm.answered(*said)
    await each_answered_once(calm, tags)


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
