"""Destroying a key: all of it or nothing, once, whoever writes at that moment."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from chassis.eventlog.erasure import erase
from chassis.eventlog.keyring import Keyring, StreamKey
from chassis.eventlog.log import Append, Conflict, EventLog, Snapshot
from chassis.eventlog.people import People
from chassis.tests.logged import (
    PATIENT,
    WORDS,
    a_stream,
    asked,
    erasure,
    event_log,
    heard,
    one,
    put,
    shown,
)
from contracts.conversation import DataErased
from contracts.gateway import MessageReceived

KEYS = "select generation from eventlog.keys where stream = $1"


async def texts(log: EventLog, stream: str) -> list[str]:
    return [e.data.text for e in await log.read(stream) if isinstance(e.data, MessageReceived)]


async def test_what_was_said_cannot_be_read_and_what_says_so_can(log: EventLog, pool: asyncpg.Pool):
    stream = a_stream()
    await put(log, stream, heard())
    written = await erase(log, erasure(stream, 1))
    for reader in (log, event_log(pool)):
        said, erased = await reader.read(stream)
        assert (said.data.text, said.data.recipient.user) == ("", "")
        assert written is not None
        assert erased == written.event
        assert erased.data.recipient.user == PATIENT


async def test_snapshot_and_everything_owed_are_gone(log: EventLog, owner: asyncpg.Connection):
    stream, other = a_stream(), a_stream()
    kept = Snapshot(version=2, format=1, state=b"state")
    for each in (stream, other):
        await put(log, each, heard(), asked(), snapshot=kept)
    await erase(log, erasure(stream, 2))
    assert await log.snapshot(stream, form=1) is None
    assert await log.snapshot(other, form=1) == kept
    owed = await owner.fetch("select stream::text from eventlog.outbox")
    assert owed == [(other,)]


async def test_it_happens_once(log: EventLog, pool: asyncpg.Pool):
    stream = a_stream()
    await put(log, stream, heard())
    assert await erase(log, erasure(stream, 1))
    generation = await pool.fetchval(KEYS, UUID(stream))
    await put(log, stream, heard("afresh"))
    assert await erase(log, erasure(stream, 3)) is None
    assert await pool.fetchval(KEYS, UUID(stream)) == generation
    assert await texts(log, stream) == ["", "afresh"]


async def test_many_at_once_erase_once(log: EventLog, pool: asyncpg.Pool):
    stream = a_stream()
    await put(log, stream, heard())
    erasers = (erase(event_log(pool), erasure(stream, 1)) for _ in range(8))
    ended = await asyncio.gather(*erasers)
    assert sum(each is not None for each in ended) == 1
    assert [type(each.data) for each in await log.read(stream)] == [MessageReceived, DataErased]


async def test_a_stream_that_has_moved_on_keeps_its_key(log: EventLog, pool: asyncpg.Pool):
    stream = a_stream()
    await put(log, stream, heard(), snapshot=Snapshot(version=1, format=1, state=b"state"))
    await put(log, stream, asked())
    with pytest.raises(Conflict):
        await erase(log, erasure(stream, 1))
    later = event_log(pool)
    assert await texts(later, stream) == [WORDS]
    assert await later.snapshot(stream, form=1)
    assert await pool.fetchval("select count(*) from eventlog.outbox") == 1


async def test_who_holds_the_old_key_seals_again_with_the_new_one(
    log: EventLog, pool: asyncpg.Pool
):
    stream, other = a_stream(), event_log(pool)
    await put(log, stream, heard())
    await erase(other, erasure(stream, 1))
    recorded = await put(log, stream, heard("afresh"), key="k")
    assert [each.version for each in recorded] == [3]
    for reader in (log, other, event_log(pool)):
        assert await texts(reader, stream) == ["", "afresh"]


async def test_a_decision_on_what_was_erased_is_refused(log: EventLog, pool: asyncpg.Pool):
    stream = a_stream()
    await put(log, stream, heard())
    await erase(event_log(pool), erasure(stream, 1))
    for event in (asked(), shown()):
        with pytest.raises(Conflict):
            await log.append(one(stream, event, expected=1))


async def test_a_snapshot_of_what_was_erased_is_refused(log: EventLog, pool: asyncpg.Pool):
    stream = a_stream()
    await put(log, stream, heard())
    await erase(event_log(pool), erasure(stream, 1))
    kept = Snapshot(version=1, format=1, state=b"state")
    with pytest.raises(Conflict):
        await log.append(Append(stream=stream, events=[], expected=1, snapshot=kept))
    assert await pool.fetchval("select count(*) from eventlog.snapshots") == 0


async def test_who_holds_the_old_key_opens_what_is_sealed_with_the_new_one(
    log: EventLog, pool: asyncpg.Pool
):
    stream, other = a_stream(), event_log(pool)
    await put(log, stream, heard())
    await erase(other, erasure(stream, 1))
    (news,) = await put(other, stream, heard("afresh"))
    assert await log.read_event(news.id) == news


async def test_a_request_from_before_has_no_result_any_more(log: EventLog):
    stream = a_stream()
    made, erasing = await put(log, stream, asked(), asked())
    await erase(log, erasure(stream, 2, f"result:{erasing.id}"))
    assert await log.append(one(stream, heard(), key=f"result:{made.id}")) is None
    (later,) = await put(log, stream, asked())
    await put(log, stream, heard(), key=f"result:{later.id}")


async def test_a_later_key_has_a_higher_number(log: EventLog, pool: asyncpg.Pool):
    stream = a_stream()
    await put(log, stream, heard())
    before = await pool.fetchval(KEYS, UUID(stream))
    await erase(log, erasure(stream, 1))
    assert await pool.fetchval(KEYS, UUID(stream)) > before


async def test_an_erased_stream_costs_its_reader_one_look_for_the_key(
    log: EventLog, pool: asyncpg.Pool
):
    class Counting(Keyring):
        looks = 0

        async def found(self, stream: str) -> StreamKey | None:
            self.looks += 1
            return await super().found(stream)

    stream = a_stream()
    await put(log, stream, *(heard() for _ in range(20)))
    await erase(log, erasure(stream, 20))
    later = event_log(pool)
    later.keyring = keyring = Counting(pool)
    assert await texts(later, stream) == [""] * 20
    assert keyring.looks == 1


async def test_a_key_that_is_forgotten_while_it_is_read_does_not_stay(
    log: EventLog, pool: asyncpg.Pool
):
    stream, keyring = a_stream(), Keyring(pool)
    await put(log, stream, heard())
    looking = asyncio.create_task(keyring.found(stream))
    await asyncio.sleep(0)
    keyring.forget(stream)
    assert await looking is not None
    assert keyring.known(stream) is None


async def test_conversations_of_one_person_are_found_from_each_of_them(pool: asyncpg.Pool):
    direct, group, room, stranger = a_stream(), a_stream(), a_stream(), a_stream()
    people = People(pool)
    for each in (group, room, group):
        await people.note(each, direct)
    await People(pool).note(room, direct)
    for each in (direct, group, room):
        assert await people.conversations(each) == [direct, *sorted((group, room))]
    assert await people.conversations(stranger) == [stranger]
