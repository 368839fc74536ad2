"""A user writes things that nobody else should read, and has everything erased."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.testing import poll
from contracts.conversation import (
    DataErased,
    EducationRequested,
    EmailRequested,
    TranslationRequested,
)
from contracts.education import EducationReady
from contracts.gateway import MessageReceived
from contracts.notifier import EmailSent
from contracts.subjects import DEAD_PREFIX, EDUCATION_MAKE_LEAFLET
from contracts.translation import TranslationReady
from services.conversation.domain import INITIAL, Conversation, evolve
from services.conversation.domain.state import ChoosingMode
from services.conversation.projections.catalogue import PROJECTIONS
from services.conversation.projections.runner import Projector
from services.conversation.projections.views import ERASED, newest
from tests.privacy.canaries import files_with
from tests.privacy.home import Hospital, hospital, texts_of

USER = "U-canary-0123456789abcdef0123456789ab"
GROUP = "C-canary-0123456789abcdef0123456789ab"
SOME_USERS = 200
SOME_SEGMENTS = 6
STRANGER = "U-stranger-0123456789abcdef0123456789"
CANARIES: dict[str, str | bytes] = {
    "user": USER,
    "group": GROUP,
    "topic": "金絲雀主題的糖尿病衛教",
    "instruction": "金絲雀請寫得更短一點",
    "leaflet": "金絲雀單張：血糖過高的慢性病。",
    "sentence": "金絲雀病人說他胸口很痛",
    "translation": "canary patient says his chest hurts",
    "address": "canary.person.4711@example.org",
    "voice": bytes(range(7, 71)) * 4,
}


def word(name: str) -> str:
    found = CANARIES[name]
    assert isinstance(found, str)
    return found


def leaflet(asked: EducationRequested) -> EducationReady:
    return EducationReady(
        request_id=asked.request_id,
        made_at=datetime.now(UTC),
        model="m",
        prompt="p",
        text=word("leaflet"),
    )


def sentence(asked: TranslationRequested) -> TranslationReady:
    return TranslationReady(
        request_id=asked.request_id,
        made_at=datetime.now(UTC),
        direction="from_chinese",
        model="m",
        prompt="p",
        plain=asked.text,
        translation=word("translation"),
    )


def mailed(asked: EmailRequested) -> EmailSent:
    return EmailSent(request_id=asked.request_id, sent_at=datetime.now(UTC))


async def a_life(at: Hospital) -> tuple[str, str]:
    """Let the user do all there is to do; return the direct conversation and the one in a group."""
    for text in ("開始", "衛教", word("topic")):
        direct = await at.says(USER, text)
    await at.answer(direct, EducationRequested, leaflet)
    for text in ("修改", word("instruction")):
        await at.says(USER, text)
    await at.answer(direct, EducationRequested, leaflet)
    for text in ("寄送", word("address"), "確認"):
        await at.says(USER, text)
    await at.answer(direct, EmailRequested, mailed)
    for text in ("開始", "聊天", "英文", word("sentence")):
        ward = await at.says(USER, text, GROUP)
    await at.answer(ward, TranslationRequested, sentence)
    voice = CANARIES["voice"]
    assert isinstance(voice, bytes)
    said, key = (await at.events(direct))[-1], f"voicemail/{direct}/1.m4a"
    assert await at.objects.put(said, key, voice, content_type="audio/mp4")
    await _dead_letter(at, direct)
    return direct, ward


async def _dead_letter(at: Hospital, stream: str) -> None:
    events = await at.events(stream)
    body = await at.packer.pack(next(e for e in events if isinstance(e.data, EducationRequested)))
    await at.nats.jetstream().publish(DEAD_PREFIX + EDUCATION_MAKE_LEAFLET, body)


async def erased(at: Hospital, user: str) -> str:
    for text in ("刪除我的資料", "確認刪除"):
        stream = await at.says(user, text)

    async def is_done() -> bool:
        await at.deliver()
        return any(isinstance(each.data, DataErased) for each in await at.events(stream))

    await poll(is_done, within=30, what="the erasure")
    return stream


async def folded(at: Hospital, stream: str) -> Conversation:
    state = INITIAL
    for event in await at.events(stream):
        state = evolve(state, event)
    return state


async def told(at: Hospital, stream: str) -> list[Any]:
    """Return what the read models say was said in a conversation."""
    found: list[Any] = []
    for each in PROJECTIONS.values():
        await Projector(at.pool).catch_up(each)
        rows = await newest(at.pool, at.journal.log.keyring, each, last=100, stream=stream)
        found += [row.get(column) for row in rows for column in ("asked", "answer", "result")]
    return [each for each in found if each is not None]


@pytest.mark.slow
async def test_nothing_of_a_user_is_readable_on_disk_and_after_an_erasure_nowhere(tmp_path: Path):
    async with hospital(tmp_path) as at:
        other = await at.says(STRANGER, "開始")
        await at.says(STRANGER, "衛教")
        direct, ward = await a_life(at)
        before, stranger = await at.events(direct), await folded(at, other)
        assert all(word(name) in texts_of(before) for name in ("topic", "leaflet", "user"))
        assert files_with(await at.flushed(), CANARIES) == [], "sealed at rest"

        await erased(at, USER)

        await _nothing_opens(at, direct, ward)
        assert files_with(await at.flushed(), CANARIES) == []
        assert await folded(at, other) == stranger
        await at.says(USER, "開始")
        said = [e.data for e in await at.events(direct) if isinstance(e.data, MessageReceived)]
        assert (said[-1].text, said[-1].recipient.user) == ("開始", USER), "afresh"
        assert isinstance((await folded(at, direct)).phase, ChoosingMode)


async def _nothing_opens(at: Hospital, *streams: str) -> None:
    words = [each for each in CANARIES.values() if isinstance(each, str)]
    for stream in streams:
        # The word that a key is gone is on its way when the erasure is on record already.
        await poll(lambda stream=stream: _is_blank(at, stream))
        events = await at.events(stream)
        ends = next(e.version for e in events if isinstance(e.data, DataErased))
        assert not _any_of(words, texts_of(events[: ends - 1]))
        assert await at.objects.list_keys(f"voicemail/{stream}/") == []
        rows = await told(at, stream)
        assert ERASED in rows
        assert not _any_of(words[2:], repr(rows))
        kept = "select count(*) from eventlog.snapshots where stream = $1 and version < $2"
        assert await at.pool.fetchval(kept, UUID(stream), ends) == 0
    # Not the user: the answer that says that all is gone still had to reach them.
    assert not _any_of(words[2:], texts_of(await at.on_the_bus()))


@pytest.mark.slow
async def test_a_destroyed_key_leaves_the_files_as_time_passes(tmp_path: Path):
    find = "select key from eventlog.keys where stream = $1"
    async with hospital(tmp_path) as at:
        direct, ward = await a_life(at)
        keys: dict[str, str | bytes] = {
            name: await at.pool.fetchval(find, UUID(stream))
            for name, stream in (("direct", direct), ("ward", ward))
        }
        assert files_with(await at.flushed(), keys) != [], "the search finds keys"
        await erased(at, USER)
        await time_passes(at)
        assert files_with(await at.flushed(), keys) == []


async def time_passes(at: Hospital) -> None:
    """Do in a moment what some minutes bring: a vacuum, other users, WAL that is written over."""
    await at.owner.execute("vacuum eventlog.keys")
    for _ in range(SOME_USERS):
        await at.journal.log.keyring.key(str(uuid4()))
    for _ in range(SOME_SEGMENTS):
        await at.owner.execute("select pg_switch_wal()")
        await at.owner.execute("checkpoint")


async def _is_blank(at: Hospital, stream: str) -> bool:
    events = await at.events(stream)
    ends = next(e.version for e in events if isinstance(e.data, DataErased))
    said = {e.data.text for e in events[:ends] if isinstance(e.data, MessageReceived)}
    return said == {""}


def _any_of(words: list[str], text: str) -> bool:
    return any(word in text for word in words)
