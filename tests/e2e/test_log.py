"""The record after everything else: whole, foldable, unchangeable, and silent about patients."""

import re
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.e2e.audit import gaps, misfolded
from tests.e2e.history import SECRETS, assert_sound
from tests.e2e.world import World, new_tag, new_user, sentence

pytestmark = pytest.mark.e2e

CHANGES = (
    "update eventlog.events set type = 'forged'",
    "delete from eventlog.events",
    "truncate eventlog.events",
)
SHOWN_ROWS = """
    select concat_ws(' ', data::text, encode(coalesce(personal, ''), 'escape'), type, source,
                     traceparent) from eventlog.events
"""


async def spoken(world: World) -> tuple[str, str, str]:
    """Let a user write in both modes; return the words that must stay between them and us."""
    user, tag = await world.translating(new_user()), new_tag()
    said = await world.say(user, sentence(tag))
    await world.answered(said)
    await world.talk(user, "新對話", "衛教", f"高血壓 {tag}", "翻譯", "日文")
    await world.at_rest()
    assert len(world.line.ledger.about(tag)) == 3
    return user, tag, said.token


def files_with(words: str, folder: Path) -> Iterator[str]:
    """Return the files below a folder that hold these words."""
    for path in folder.rglob("*"):
        if path.is_file() and words.encode() in path.read_bytes():
            yield path.relative_to(folder).as_posix()


async def test_every_stream_is_whole_and_folds_to_its_snapshot(calm: World, stormy: World):
    for world in (calm, stormy):
        await spoken(world)
        assert await gaps(world.system.database_url) == []
        conversations, wrong = await misfolded(world.system.database_url)
        assert conversations > 0
        assert wrong == []


async def test_all_invariants_hold_over_all_that_has_happened(calm: World, stormy: World):
    for world in (calm, stormy):
        await spoken(world)
        await assert_sound(world)


@pytest.mark.parametrize("change", CHANGES)
async def test_the_services_may_not_change_what_happened(calm: World, change: str):
    connection = await asyncpg.connect(calm.system.database_url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(change)
        await connection.execute("set role mededbot_services")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(change)
    finally:
        await connection.close()


async def test_the_logs_hold_no_words_no_users_and_no_secrets(calm: World, stormy: World):
    for world in (calm, stormy):
        logs = world.system.home / "logs"
        words = (*await spoken(world), *SECRETS)
        assert [path for each in words for path in files_with(each, logs)] == []
        for path in logs.iterdir():
            assert re.findall(rb"tag-\d{6}", path.read_bytes()) == [], path
        assert re.findall(r"tag-\d{6}", world.system.output) == []


async def test_no_file_of_the_data_folder_holds_a_users_words(calm: World):
    words = await spoken(calm)
    assert [path for each in words for path in files_with(each, calm.system.home)] == []


async def test_the_events_hold_no_plain_text(calm: World):
    words = await spoken(calm)
    connection = await asyncpg.connect(calm.system.database_url)
    try:
        rows = [str(row[0]) for row in await connection.fetch(SHOWN_ROWS)]
    finally:
        await connection.close()
    assert len(rows) > 0
    assert [row for row in rows for each in words if each in row] == []
