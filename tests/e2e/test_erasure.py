"""Forgetting a user: nothing of theirs can be read anywhere, and everybody else is untouched."""

import asyncio
from collections.abc import AsyncGenerator

import asyncpg
import httpx
import pytest

from chassis.testing import poll
from cli.main import run
from tests.e2e.audit import gaps, misfolded
from tests.e2e.grep import found
from tests.e2e.line import Medium
from tests.e2e.line_ledger import Shown
from tests.e2e.tables import in_tables
from tests.e2e.test_groups import group_of, says
from tests.e2e.voices import recording
from tests.e2e.world import World, new_tag, new_user, sentence, world

pytestmark = pytest.mark.e2e

CHATTY: dict[str, str] = {
    **dict.fromkeys(
        ("R2_ENDPOINT_URL", "R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY", "R2_BUCKET_NAME"), ""
    ),
    "LOG_LEVEL": "DEBUG",
    "LOG_FORMAT": "json",
    "LEAFLET_CACHE_SECONDS": "3600",
    "USER_MESSAGES_PER_MINUTE": "1000",
    "TTS_REQUESTS_PER_MINUTE": "1000",
}
"""Everything in one data folder, with every table in use and every log line written."""
BASE = "https://bot.example.org"


@pytest.fixture(scope="module")
async def alone(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    """Run a system that keeps everything in its own data folder."""
    async with world(tmp_path_factory.mktemp("erasure"), CHATTY) as made:
        yield made


async def everything(world: World, user: str) -> list[str]:
    """Let a user do all that leaves a trace; return the words to be looked for."""
    tags = [f"canary-{new_tag()}-{user[1:9]}" for _ in range(5)]
    (topic, address, change, text, ward), voice = tags, new_tag()
    await world.talk(user, "開始", "衛教", f"痛風 {topic}", "修改", f"更簡短 {change}")
    await world.talk(user, "寄送", f"{address}@example.org", "確認寄送")
    await world.talk(user, "新對話", "聊天", "越南文", sentence(text), "朗讀")
    said = await world.speak(user, Medium(recording(voice), "audio/wav"))
    await world.answered(said)
    for words in ("開始", "聊天", "英文", sentence(ward)):
        await world.answered(await says(world, user, words, mention=True))
    return [*tags, voice, user, group_of(user)["groupId"]]


async def exported(world: World, user: str) -> httpx.Response:
    """Return what a user gets who follows the link to their data."""
    answer = await world.talk(user, "我的資料")
    (link,) = links(answer)
    async with httpx.AsyncClient() as http:
        return await http.get(link.replace(BASE, world.system.gateway))


def links(answer: Shown) -> list[str]:
    """Return the addresses of exports in an answer, each once."""
    words = str(answer.messages).replace("'", " ").replace("\\n", " ").split()
    return sorted({word for word in words if "/export/" in word})


async def test_a_user_gets_all_their_data_and_then_has_it_destroyed(alone: World):
    user, other = new_user(), new_user()
    words = await everything(alone, user)
    others_words = await everything(alone, other)
    await alone.at_rest()
    assert await readable(alone, [*words, *others_words]) == []
    export = await exported(alone, user)
    assert [word for word in words if word not in export.text] == []
    assert [word for word in others_words if word in export.text] == []
    before = await states(alone)
    asked = await alone.talk(user, "刪除我的資料")
    assert "確認刪除" in asked.choices
    gone = await alone.talk(user, "確認刪除")
    assert "刪除" in gone.text
    await alone.at_rest()
    assert await readable(alone, words) == []
    await rebuilt(alone)
    assert await readable(alone, [*words, *others_words]) == []
    assert await audio_of(alone, user) == {404}
    assert await misfolded(alone.system.database_url) == (len(before), [])
    assert await gaps(alone.system.database_url) == []
    after = await states(alone)
    changed = [stream for stream in before if before[stream] != after[stream]]
    assert len(changed) == 2, "the direct conversation and the one in a group"
    again = await alone.talk(user, "開始", "聊天", "英文", sentence(tag := new_tag()))
    assert tag in again.text
    assert alone.sound()


async def test_an_export_is_a_file_to_keep(alone: World):
    user = await alone.translating(new_user())
    export = await exported(alone, user)
    assert export.status_code == 200
    assert export.headers["content-type"] == "application/json"
    assert export.headers["content-disposition"] == 'attachment; filename="mededbot-export.json"'
    assert export.headers["cache-control"] == "no-store"
    (told,) = export.json()["conversations"]
    said = [each["text"] for each in told["entries"] if each["what"] == "message"]
    assert (told["line_user_id"], said) == (user, ["開始", "聊天", "英文", "我的資料"])


async def test_a_voice_message_taken_back_is_heard_nowhere(alone: World):
    user, tag = await alone.translating(new_user()), new_tag()
    said = await alone.speak(user, Medium(recording(tag), "audio/wav"))
    await alone.answered(said)
    await alone.talk(user, "朗讀")
    assert await audio_of(alone, user) == {200}
    unsend = {"type": "unsend", "unsend": {"messageId": said.message_id}}
    await alone.platform.deliver(alone.platform.event(user, unsend, token=False))
    await poll(lambda: is_silent(alone, user), what="the removal")
    assert tag not in (await exported(alone, user)).text


async def test_who_thinks_better_of_it_loses_nothing(alone: World):
    user = await alone.translating(new_user(), "泰文")
    await alone.talk(user, "刪除我的資料")
    await alone.talk(user, "取消")
    assert "泰文" in (await alone.talk(user, sentence(new_tag()))).text


async def is_silent(world: World, user: str) -> bool:
    """Tell whether none of a user's audio can be had."""
    return await audio_of(world, user) == {404}


async def readable(world: World, words: list[str]) -> list[str]:
    """Return where words stand: in files, the logs among them, in rows, on the screen."""
    files = found(world.system.home, words)
    rows = await in_tables(world.system.database_url, words)
    return [*files, *rows, *(word for word in words if word in world.system.output)]


async def rebuilt(world: World) -> None:
    """Make all read models anew."""
    environ = {"DATABASE_URL": world.system.database_url}
    assert await asyncio.to_thread(run, ["projections", "rebuild"], environ) == 0


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
                await http.get(str(audio["originalContentUrl"]).replace(BASE, world.system.gateway))
            ).status_code
            for audio in heard
        }
