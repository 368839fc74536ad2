"""A thousand turns of every kind: each answered once, in order, and nothing that LINE refuses."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

import pytest

from tests.e2e.line import Medium
from tests.e2e.voices import recording
from tests.e2e.webhooks import Said
from tests.e2e.world import World, new_tag, new_user, sentence

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

USERS, TURNS = 40, 25
SEED = 20_261_124
STICKER = {"packageId": "1", "stickerId": "1", "stickerResourceType": "STATIC"}
# Words that lead somewhere stand more often, so that every state is met.
WORDS = (
    *("開始", "衛教", "聊天", "英文", "越南文", "台語", "糖尿病", "修改", "更簡短", "翻譯", "日文"),
    *("寄送", "nurse@example.org", "確認寄送", "朗讀", "朗讀", "繼續翻譯", "取消", "停止", "說明"),
    *("new", "ＣＨＡＴ", "ed", "speak", "Mail", "trans", "重試", "我的資料", "刪除我的資料"),
    *("新對話", "看結果", "", "？", "\u200b", "長" * 5_001, "a\u0301" * 900, "👩‍👩‍👧‍👦" * 300),
)
Act = Callable[[World, str, Random], Awaitable[Said]]


async def write(world: World, user: str, draw: Random) -> Said:
    return await world.say(user, draw.choice(WORDS))


async def interpret(world: World, user: str, _: Random) -> Said:
    return await world.say(user, sentence(new_tag()))


async def speak(world: World, user: str, _: Random) -> Said:
    return await world.speak(user, Medium(recording(new_tag()), "audio/wav"))


async def send(world: World, user: str, draw: Random) -> Said:
    kind = draw.choice(("sticker", "image", "video", "file", "location"))
    said = world.platform.sent(user, kind, **(STICKER if kind == "sticker" else {}))
    await world.platform.deliver(said)
    return said


async def tap(world: World, user: str, draw: Random) -> Said:
    return await world.tap(user, draw.choice(("朗讀", "result:x", "nonsense", "糖尿病")))


ACTS: tuple[Act, ...] = (write, write, write, write, interpret, speak, send, tap)


async def live(world: World, number: int) -> list[Said]:
    """Let a user do one thing after the other, sometimes before the last one is answered."""
    draw, user = Random(SEED + number), new_user()  # noqa: S311 (a story, no secret)
    said: list[Said] = []
    for _ in range(TURNS):
        said.append(await draw.choice(ACTS)(world, user, draw))
        if draw.random() < 0.8:
            await world.answered(said[-1])
    return said


async def test_a_thousand_mixed_turns_are_answered_once_each_and_in_order(calm: World):
    lives = await asyncio.gather(*(live(calm, number) for number in range(USERS)))
    said = [each for life in lives for each in life]
    assert len(said) == USERS * TURNS
    await calm.answered(*said)
    await calm.at_rest()
    twice = [each.event for each in said if len(calm.line.ledger.to_message(each.token)) != 1]
    assert twice == []
    for life in lives:
        answers = calm.line.ledger.answers(life[0].user)
        assert len(answers) == TURNS
    assert calm.sound(), (calm.line.ledger.refused, calm.gemini.refused, calm.taigi.refused)
