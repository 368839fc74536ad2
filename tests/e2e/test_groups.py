"""Groups and rooms: the bot answers who speaks to it, and keeps nothing that others say."""

import pytest

from tests.e2e.audit import recorded
from tests.e2e.grep import found
from tests.e2e.groups import MENTION, NAME, group_of
from tests.e2e.webhooks import Said
from tests.e2e.world import World, new_tag, new_user, sentence

pytestmark = pytest.mark.e2e


async def says(world: World, user: str, text: str, *, mention: bool = False, **more: str) -> Said:
    """Let a user write into a group."""
    said = world.platform.message(user, f"{NAME} {text}" if mention else text)
    said.event["source"] = group_of(user, **more)
    said.event["message"] |= MENTION if mention else {}
    await world.platform.deliver(said)
    return said


@pytest.mark.parametrize("kind", ["group", "room"])
async def test_who_mentions_the_bot_is_answered_with_a_quote(calm: World, kind: str):
    user, tag = new_user(), new_tag()
    for text in ("開始", "聊天", "英文"):
        await calm.answered(await says(calm, user, text, mention=True, kind=kind))
    said = await says(calm, user, sentence(tag), mention=True, kind=kind)
    (answer,) = await calm.answered(said)
    assert tag in answer.text
    quotes = [each["quoteToken"] for each in answer.messages if "quoteToken" in each]
    assert quotes == [said.event["message"]["quoteToken"]]
    assert calm.sound()


async def test_a_quick_reply_reaches_the_bot_without_a_mention(calm: World):
    user = new_user()
    (asked,) = await calm.answered(await says(calm, user, "開始", mention=True))
    for choice in ("聊天", "越南文"):
        said = calm.platform.tap(user, asked.postbacks[choice])
        said.event["source"] = group_of(user)
        await calm.platform.deliver(said)
        (asked,) = await calm.answered(said)
    assert "越南文" in asked.text


async def test_what_people_say_to_one_another_is_neither_answered_nor_kept(calm: World):
    user, tag = new_user(), f"between-us-{new_tag()}"
    before = await recorded(calm.system.database_url)
    said = await says(calm, user, f"明天 {tag} 見")
    command = await says(calm, user, "help")
    await calm.answered(command)
    await calm.at_rest()
    assert calm.line.ledger.to_message(said.token) == []
    assert await recorded(calm.system.database_url) == before + 1
    assert found(calm.system.home, [tag]) == []


async def test_a_group_that_invites_the_bot_gets_one_introduction(calm: World):
    user = new_user()
    joined = calm.platform.event(user, {"type": "join"})
    joined.event["source"] = {"type": "group", "groupId": f"C{user[1:]}"}
    await calm.platform.deliver(joined)
    (introduction,) = await calm.answered(joined)
    assert "MedEdBot" in introduction.text


async def test_no_animation_is_asked_for_in_a_group(calm: World):
    user, tag = new_user(), new_tag()
    for text in ("開始", "聊天", "英文"):
        await calm.answered(await says(calm, user, text, mention=True))
    calm.gemini.latency = 0.5
    try:
        await calm.answered(await says(calm, user, sentence(tag), mention=True))
    finally:
        calm.gemini.latency = 0.0
    shown = [each for each in calm.line.ledger.shown if each.kind == "loading"]
    assert [each for each in shown if user[1:] in each.user] == []
