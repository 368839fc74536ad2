"""What must hold with one replica and with two: each scenario is acted out and asserted."""

import asyncio

from tests.e2e.line_ledger import Shown
from tests.e2e.webhooks import Said
from tests.e2e.world import World, new_tag, new_user, sentence


async def assert_each_answered_once(world: World, tags: dict[str, str]) -> None:
    """Each tag reached its own user, once, and nobody else."""
    await world.at_rest()
    seen = {tag: [shown.user for shown in world.line.ledger.about(tag)] for tag in tags}
    assert seen == {tag: [user] for tag, user in tags.items()}


async def held_up(world: World, user: str) -> Said:
    """Send a sentence whose answer stays in the making."""
    world.gemini.hold()
    said = await world.say(user, sentence(new_tag()))
    await world.at_work()
    return said


def proofs(answers: list[Shown]) -> list[str]:
    """Return the reply tokens by which answers came."""
    return [shown.proof for shown in answers]


async def assert_ten_users_are_answered(world: World) -> None:
    """Ten users at once, five sentences each: one answer each, to the right user."""
    users = await asyncio.gather(*(world.translating(new_user()) for _ in range(10)))
    tags = {user: [new_tag() for _ in range(5)] for user in users}

    async def speak(user: str) -> list[Said]:
        return [await world.say(user, sentence(tag)) for tag in tags[user]]

    spoken = await asyncio.gather(*map(speak, users))
    await world.answered(*(said for each in spoken for said in each))
    await assert_each_answered_once(world, {tag: user for user in users for tag in tags[user]})
    for said, user in zip(spoken, users, strict=True):
        answers = world.line.ledger.answers(user)[3:]
        assert proofs(answers) == [each.token for each in said]


async def assert_the_eleventh_is_turned_away(world: World) -> None:
    """While one is in work ten wait in order, one more is asked to come again."""
    user = await world.translating(new_user())
    first = await held_up(world, user)
    queued = [await world.say(user, sentence(new_tag())) for _ in range(10)]
    eleventh = await world.say(user, sentence(new_tag()))
    (turned_away,) = await world.answered(eleventh)
    assert "請稍候" in turned_away.text
    assert world.line.ledger.answers(user)[3:] == [turned_away]
    world.gemini.release()
    await world.answered(first, *queued)
    await world.at_rest()
    answers = world.line.ledger.answers(user)[4:]
    assert proofs(answers) == [each.token for each in (first, *queued)]
    assert not any("請稍候" in shown.text for shown in answers)


async def assert_waiting_messages_keep_their_order(world: World) -> None:
    """Messages that wait are answered as they were sent, in whatever order they arrive."""
    user = await world.translating(new_user())
    first = await held_up(world, user)
    said = [world.platform.message(user, sentence(new_tag())) for _ in range(6)]
    for each in said[::-1]:
        await world.platform.deliver(each)
    world.gemini.release()
    await world.answered(first, *said)
    await world.at_rest()
    assert proofs(world.line.ledger.answers(user)[3:]) == [each.token for each in (first, *said)]


async def assert_a_double_is_answered_once(world: World) -> None:
    """One event twice in the same moment, and again later: one answer, one question."""
    user, tag = await world.translating(new_user()), new_tag()
    said = world.platform.message(user, sentence(tag))
    ways = [world.platform.gateways[0], world.platform.gateways[-1]] * 2
    await asyncio.gather(*(world.platform.attempt(said, to=way) for way in ways))
    await world.platform.deliver(said)
    await world.answered(said)
    for way in ways:
        assert await world.platform.attempt(said, again=True, to=way) == 200
    await assert_each_answered_once(world, {tag: user})
    assert len(world.gemini.about(tag)) == 1
    assert len(world.line.ledger.answers(user)) == 3 + 1
