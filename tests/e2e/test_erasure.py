"""Forgetting a user: nothing of theirs can be read anywhere, and everybody else is untouched."""

from collections.abc import AsyncGenerator

import asyncpg
import httpx
import pytest

from tests.e2e.audit import gaps, misfolded
from tests.e2e.grep import found
from tests.e2e.line import Medium
from tests.e2e.line_ledger import Shown
from tests.e2e.voices import recording
from tests.e2e.world import World, new_tag, new_user, sentence, world

pytestmark = pytest.mark.e2e

BUILT_IN: dict[str, str] = dict.fromkeys(
    ("R2_ENDPOINT_URL", "R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY", "R2_BUCKET_NAME"), ""
)


@pytest.fixture(scope="module")
async def alone(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    """Run a system that keeps everything in its own data folder."""
    async with world(tmp_path_factory.mktemp("erasure"), BUILT_IN) as made:
        yield made


async def everything(world: World, user: str) -> list[str]:
    """Let a user do all that leaves a trace; return the words to be looked for."""
    tags = [f"canary-{new_tag()}-{user[1:9]}" for _ in range(5)]
    topic, address, change, text, voice = tags
    await world.talk(user, "開始", "衛教", f"痛風 {topic}", "修改", f"更簡短 {change}")
    await world.talk(user, "寄送", f"{address}@example.org", "確認寄送")
    await world.talk(user, "新對話", "聊天", "越南文", sentence(text), "朗讀")
    said = await world.speak(user, Medium(recording(voice), "audio/wav"))
    await world.answered(said)
    world.gemini.faults[text] = []
    return [*tags, user]


async def exported(world: World, user: str) -> httpx.Response:
    """Return what a user gets who follows the link to their data."""
    answer = await world.talk(user, "我的資料")
    (link,) = links(answer)
    async with httpx.AsyncClient() as http:
        return await http.get(link.replace("https://bot.example.org", world.system.gateway))


def links(answer: Shown) -> list[str]:
    """Return the addresses of exports in an answer, each once."""
    words = str(answer.messages).replace("'", " ").replace("\\n", " ").split()
    return sorted({word for word in words if "/export/" in word})


async def test_a_user_gets_all_their_data_and_then_has_it_destroyed(alone: World):
    user, other = new_user(), new_user()
    words = await everything(alone, user)
    others_words = await everything(alone, other)
    await alone.at_rest()
    folder = alone.system.home
    assert found(folder, [*words, *others_words]) == []
    export = await exported(alone, user)
    assert export.status_code == 200
    assert [word for word in words[:4] if word not in export.text] == []
    assert others_words[0] not in export.text
    before = await states(alone)
    asked = await alone.talk(user, "刪除我的資料")
    assert "確認刪除" in asked.choices
    gone = await alone.talk(user, "確認刪除")
    assert "刪除" in gone.text
    await alone.at_rest()
    assert found(folder, words) == []
    assert await audio_of(alone, user) == {404}
    assert await misfolded(alone.system.database_url) == (len(before), [])
    assert await gaps(alone.system.database_url) == []
    after = await states(alone)
    assert sum(before[stream] != after[stream] for stream in before) == 1
    again = await alone.talk(user, "開始", "聊天", "英文", sentence(tag := new_tag()))
    assert tag in again.text
    assert alone.sound()


async def test_who_thinks_better_of_it_loses_nothing(alone: World):
    user = await alone.translating(new_user(), "泰文")
    await alone.talk(user, "刪除我的資料")
    await alone.talk(user, "取消")
    assert "泰文" in (await alone.talk(user, sentence(new_tag()))).text


async def states(world: World) -> dict[str, bytes]:
    """Return each conversation's snapshot as it lies there."""
    connection = await asyncpg.connect(world.system.database_url)
    try:
        rows = await connection.fetch("select stream::text, state from eventlog.snapshots")
        return {row["stream"]: row["state"] for row in rows}
    finally:
        await connection.close()


async def audio_of(world: World, user: str) -> set[int]:
    """Return what is answered to who asks for a user's audio."""
    heard = [each.audio for each in world.line.ledger.answers(user) if each.audio]
    async with httpx.AsyncClient() as http:
        return {
            (
                await http.get(
                    str(audio["originalContentUrl"]).replace(
                        "https://bot.example.org", world.system.gateway
                    )
                )
            ).status_code
            for audio in heard
        }
