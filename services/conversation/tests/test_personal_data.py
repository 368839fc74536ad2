"""Having all data, and having it destroyed: in time, once, for the person alone."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from chassis.decider import derived_id
from chassis.errors import Unavailable
from chassis.forgetting import Forgetting
from chassis.objects.memory import MemoryObjects
from chassis.objects.sealed import SealedObjects
from chassis.testing import poll
from contracts.base import CloudEvent
from contracts.conversation import (
    DataErased,
    DataExported,
    DataFailed,
    DataRequested,
    ReplyRequested,
)
from contracts.gateway import MessageReceived, Recipient
from contracts.notifier import ReplyDelivered
from services.conversation.personal_data.erasing import Erasing
from services.conversation.personal_data.exporting import Exporting
from services.conversation.personal_data.serving import PersonalData
from services.conversation.tests.conversing import NURSE, START, said
from services.conversation.tests.replicas import Clock, Replica, a_stream

TRANSLATING = (said("開始"), said("聊天"), said("英文"))
GROUP = Recipient(user=NURSE.user, group="C-ward")


@dataclass
class Office:
    """One replica that serves wishes, and the objects it knows of."""

    one: Replica
    store: MemoryObjects
    objects: SealedObjects
    personal_data: PersonalData

    async def wish(self, stream: str, *words: str) -> CloudEvent[DataRequested]:
        """Let a user say so, with every answer before it delivered; return the request."""
        for each in words:
            await self.one.hear(stream, said(each))
            await self.deliver(stream)
        events = await self.one.journal.read(stream)
        return next(each for each in reversed(events) if isinstance(each.data, DataRequested))

    async def deliver(self, stream: str) -> None:
        """Deliver what is to be shown, as the notifier does."""
        for each in await self.one.journal.read(stream):
            if isinstance(each.data, ReplyRequested):
                fact = ReplyDelivered(
                    reply_id=each.data.reply_id,
                    turn_id=each.data.turn_id,
                    channel="reply",
                    delivered_at=START,
                )
                await self.one.journal.record(
                    derived_id("delivery", stream),
                    [fact],
                    key=f"delivered:{each.id}",
                    wakes=False,
                    settles=[each.id],
                )

    async def keep(self, stream: str, key: str) -> None:
        """Keep an object of a stream, as a worker does."""
        made_for = (await self.one.journal.read(stream))[-1]
        assert await self.objects.put(made_for, key, b"x", content_type="audio/mp4")

    async def results(self, stream: str) -> list[Any]:
        """Return how wishes ended."""
        facts = await self.one.facts(stream)
        return [each for each in facts if isinstance(each, DataErased | DataExported | DataFailed)]

    async def exported(self, stream: str) -> dict[str, Any]:
        """Return the last export, opened."""
        key = (await self.results(stream))[-1].object_key
        stored = await self.objects.get(stream, key)
        assert stored is not None
        return msgspec.json.decode(stored.data)


@pytest.fixture
def office(one: Replica, clock: Clock) -> Office:
    return an_office(one, clock, MemoryObjects())


def an_office(one: Replica, clock: Clock, store: MemoryObjects) -> Office:
    objects = SealedObjects(store, one.journal.log.keyring)
    exporting = Exporting(one.journal, objects, clock=clock)
    erasing = Erasing(one.journal, one.conversations, objects, clock=clock)
    serving = PersonalData(one.journal, exporting, erasing, clock=clock)
    return Office(one, store, objects, serving)


@pytest.fixture
def second(other: Replica, clock: Clock, office: Office) -> Office:
    return an_office(other, clock, office.store)


EXPORT = ("我的資料",)
ERASE = ("刪除我的資料", "確認刪除")


async def in_group(office: Office, direct: str, *words: str) -> str:
    """Let the user say something in a group; return that conversation."""
    stream = a_stream()
    await office.one.journal.belongs(stream, direct)
    for each in words:
        await office.one.hear(stream, replace(said(each), recipient=GROUP))
    await office.deliver(stream)
    return stream


async def texts(office: Office, stream: str) -> list[str]:
    facts = await office.one.facts(stream)
    return [each.text for each in facts if isinstance(each, MessageReceived)]


async def test_an_export_tells_all_conversations_of_a_person(office: Office):
    stream = a_stream()
    asked = await office.wish(stream, "開始", "聊天", "英文", *EXPORT)
    ward = await in_group(office, stream, "開始")
    await in_group(office, a_stream(), "of somebody else")
    await office.personal_data.serve(asked)
    whole = await office.exported(stream)
    assert [each["conversation"] for each in whole["conversations"]] == [stream, ward]
    assert [each["line_group_id"] for each in whole["conversations"]] == [None, "C-ward"]
    said_so = [each["text"] for each in whole["conversations"][0]["entries"] if "text" in each]
    assert said_so == ["開始", "聊天", "英文", *EXPORT]


async def test_an_export_is_made_once_however_often_it_is_served(office: Office, second: Office):
    stream = a_stream()
    asked = await office.wish(stream, "開始", *EXPORT)
    await asyncio.gather(*(each.personal_data.serve(asked) for each in (office, second) * 2))
    (made,) = await office.results(stream)
    assert list(office.store.stored) == [made.object_key]


async def test_an_export_that_an_erasure_overtakes_is_not_kept(office: Office, second: Office):
    stream = a_stream()
    exporting = await office.wish(stream, "開始", *EXPORT)
    await office.one.hear(stream, said("停止", at=1))
    await office.deliver(stream)
    erasing = await office.wish(stream, *ERASE)
    await second.personal_data.serve(erasing)
    await office.personal_data.serve(exporting)
    assert [type(each) for each in await office.results(stream)] == [DataErased]
    assert office.store.stored == {}


async def test_a_long_life_is_exported_whole(office: Office):
    stream = a_stream()
    await office.one.record(stream, *(said(f"第 {number} 句") for number in range(450)))
    asked = await office.wish(stream, "開始", *EXPORT)
    await office.personal_data.serve(asked)
    (told,) = (await office.exported(stream))["conversations"]
    assert sum(each["what"] == "message" for each in told["entries"]) == 452


async def test_an_export_that_cannot_be_kept_is_tried_again(office: Office):
    stream = a_stream()
    asked = await office.wish(stream, "開始", *EXPORT)
    office.store.is_down = True
    with pytest.raises(Unavailable):
        await office.personal_data.serve(asked)
    office.store.is_down = False
    await office.personal_data.serve(asked)
    assert [type(each) for each in await office.results(stream)] == [DataExported]


@pytest.mark.parametrize("words", [EXPORT, ERASE], ids=["export", "erase"])
async def test_what_fails_until_shortly_before_its_deadline_is_told(
    office: Office, clock: Clock, words: tuple[str, ...]
):
    stream = a_stream()
    asked = await office.wish(stream, "開始", *words)
    office.store.is_down = True
    clock.now = asked.data.answer_by - timedelta(seconds=5)
    await office.personal_data.serve(asked)
    (failed,) = await office.results(stream)
    assert (type(failed), failed.reason) == (DataFailed, "unavailable")
    office.store.is_down = False
    await office.personal_data.serve(asked)
    assert len(await office.results(stream)) == 1


async def test_what_comes_after_its_deadline_is_not_done(office: Office, clock: Clock):
    stream = a_stream()
    asked = await office.wish(stream, "開始", *ERASE)
    clock.now = asked.data.answer_by
    await office.personal_data.serve(asked)
    (failed,) = await office.results(stream)
    assert (type(failed), failed.reason) == (DataFailed, "late")
    assert "" not in await texts(office, stream)


async def test_an_erasure_leaves_nothing_that_can_be_read(office: Office, second: Office):
    stream, stranger = a_stream(), a_stream()
    ward = await in_group(office, stream, "開始", "衛教")
    await office.one.hear(stranger, *TRANSLATING)
    before = await office.one.folded(stranger)
    for each in (ward, stranger):
        await office.keep(each, f"voicemail/{each}/1.m4a")
    asked = await office.wish(stream, "開始", "聊天", "英文", *ERASE)
    await office.keep(stream, f"voicemail/{stream}/1.m4a")
    await office.personal_data.serve(asked)
    for reader in (office, second):
        assert set(await texts(reader, stream) + await texts(reader, ward)) == {""}
        assert await reader.one.snapshot(stream) is await reader.one.snapshot(ward) is None
    assert list(office.store.stored) == [f"voicemail/{stranger}/1.m4a"]
    assert await office.one.folded(stranger) == before
    assert await texts(office, stranger) == ["開始", "聊天", "英文"]


async def test_an_erasure_is_answered_and_the_user_can_start_afresh(office: Office):
    stream = a_stream()
    asked = await office.wish(stream, "開始", "聊天", "英文", *ERASE)
    await office.personal_data.serve(asked)
    await office.one.conversations.look(stream)
    last = (await office.one.replies(stream))[-1]
    assert (last.turn_id, last.recipient) == (asked.turn, NURSE)
    await office.deliver(stream)
    await office.one.hear(stream, said("開始"))
    assert (await texts(office, stream))[-1] == "開始"
    assert (await office.one.replies(stream))[-1].turn_id != asked.turn


async def test_what_waits_is_answered_though_its_words_are_gone(office: Office):
    stream = a_stream()
    asked = await office.wish(stream, "開始", *ERASE)
    await office.one.hear(stream, said("還在嗎", at=1))
    await office.personal_data.serve(asked)
    await office.one.conversations.look(stream)
    events = await office.one.journal.read(stream)
    heard = {each.id for each in events if isinstance(each.data, MessageReceived)}
    answered = [each.turn_id for each in await office.one.replies(stream) if each.final]
    assert sorted(heard & set(answered)) == sorted(heard)


async def test_an_erasure_happens_once_however_often_it_is_served(office: Office, second: Office):
    stream = a_stream()
    ward = await in_group(office, stream, "開始")
    asked = await office.wish(stream, "開始", *ERASE)
    await asyncio.gather(*(each.personal_data.serve(asked) for each in (office, second) * 3))
    assert [type(each) for each in await office.results(stream)] == [DataErased]
    assert [type(each) for each in await office.results(ward)] == [DataErased]
    await office.one.conversations.look(stream)
    await office.deliver(stream)
    await office.one.hear(stream, said("開始"))
    await second.personal_data.serve(asked)
    assert (await texts(office, stream))[-1] == "開始"


async def test_an_erasure_that_died_half_way_is_finished(office: Office, second: Office):
    stream = a_stream()
    ward = await in_group(office, stream, "開始")
    asked = await office.wish(stream, "開始", *ERASE)
    erasing = Erasing(
        office.one.journal, office.one.conversations, office.objects, clock=lambda: START
    )
    await erasing._destroy(ward, asked)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    await second.personal_data.serve(asked)
    for each in (stream, ward):
        assert [type(result) for result in await office.results(each)] == [DataErased]


async def test_an_erasure_waits_for_who_still_works_for_the_user(office: Office):
    stream = a_stream()
    asked = await office.wish(stream, "開始", *ERASE)
    ward = await in_group(office, stream)
    await office.one.hear(ward, replace(said("開始"), recipient=GROUP))
    with pytest.raises(Unavailable):
        await office.personal_data.serve(asked)
    assert await office.results(ward) == []
    await office.deliver(ward)
    await office.personal_data.serve(asked)
    assert len(await office.results(ward)) == 1


async def test_an_erasure_does_not_wait_for_a_dead_letter(office: Office):
    stream = a_stream()
    await office.one.hear(stream, said("開始"))
    (owed,) = await office.one.pool.fetch("select event_id from eventlog.outbox")
    await office.one.journal.park(str(owed[0]))
    asked = await office.wish(stream, *ERASE)
    await office.personal_data.serve(asked)
    assert len(await office.results(stream)) == 1
    assert await office.one.pool.fetchval("select count(*) from eventlog.outbox") == 0


async def test_who_says_stop_in_time_keeps_everything(office: Office):
    stream = a_stream()
    asked = await office.wish(stream, "開始", *ERASE)
    await office.one.hear(stream, said("停止", at=1))
    await office.deliver(stream)
    await office.personal_data.serve(asked)
    assert await office.results(stream) == []
    assert (await texts(office, stream))[0] == "開始"


async def test_whoever_remembers_forgets_when_told(office: Office, second: Office):
    stream = a_stream()
    asked = await office.wish(stream, "開始", "聊天", "英文", *ERASE)
    await second.one.conversations.look(stream)
    forgetting = Forgetting()
    forgetting.add(second.one.conversations.forget)
    await forgetting.listen(second.one.nats)
    await second.one.nats.flush()
    known = second.one.conversations._known  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    assert stream in known
    await office.personal_data.serve(asked)
    await poll(lambda: stream not in known)
    assert stream not in known
