"""Personal fields: unreadable without the stream's key, in every table and on the bus."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg

from chassis.bus.wire import Packer
from chassis.eventlog.codec import Codec, all_events
from chassis.eventlog.keyring import Keyring
from chassis.eventlog.log import EventLog, Snapshot
from chassis.tests.logged import PATIENT, TOKEN, WORDS, a_stream, asked, event_log, heard, put
from contracts.base import CloudEvent
from contracts.catalogue import SUBJECTS
from contracts.gateway import NOBODY, MessageReceived

SECRETS = (WORDS, PATIENT, TOKEN, "英文")
DESTROY = "delete from eventlog.keys where stream = $1"


def packer(log: EventLog) -> Packer:
    return Packer(log, Codec(all_events(SUBJECTS)))


async def everything(owner: asyncpg.Connection) -> bytes:
    """Return all rows of all tables as one text, bytes as they are."""
    tables = await owner.fetch(
        "select format('%I.%I', schemaname, tablename) from pg_tables "
        "where schemaname not in ('pg_catalog', 'information_schema')"
    )
    found = b""
    for (table,) in tables:
        for row in await owner.fetch(f"select * from {table}"):  # noqa: S608 (names of the schema)
            found += b"".join(_raw(value) for value in row.values())
    return found


def _raw(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


async def test_nothing_personal_can_be_read_in_the_tables(log: EventLog, owner: asyncpg.Connection):
    snapshot = Snapshot(version=2, format=1, state=WORDS.encode())
    await put(log, a_stream(), heard(), asked(), expected=0, key="k", snapshot=snapshot)
    stored = await everything(owner)
    assert b"message_received" in stored
    assert [secret for secret in SECRETS if secret.encode() in stored] == []


async def test_nothing_personal_can_be_read_on_the_bus(log: EventLog):
    (event,) = await put(log, a_stream(), heard())
    body = await packer(log).pack(event)
    assert [secret for secret in SECRETS if secret.encode() in body] == []
    assert await packer(log).unpack(body) == event


async def test_the_same_words_look_different_each_time(log: EventLog, owner: asyncpg.Connection):
    await put(log, a_stream(), heard(), heard())
    sealed = await owner.fetch("select distinct personal from eventlog.events")
    assert len(sealed) == 2


async def test_a_stream_has_one_key_however_many_ask_for_it_first(
    pool: asyncpg.Pool, owner: asyncpg.Connection
):
    stream, keyrings = a_stream(), [Keyring(pool) for _ in range(8)]
    sealed = await asyncio.gather(*(each.seal(stream, "n", b"x") for each in keyrings))
    assert await owner.fetchval("select count(*) from eventlog.keys") == 1
    for each in keyrings:
        assert [await each.open(stream, "n", part) for part in sealed] == [b"x"] * 8


async def test_other_streams_have_other_keys(log: EventLog, owner: asyncpg.Connection):
    await put(log, a_stream(), heard())
    await put(log, a_stream(), heard())
    keys = await owner.fetch("select distinct key from eventlog.keys")
    assert [len(row["key"]) for row in keys] == [32, 32]


async def test_without_its_key_a_stream_reads_as_if_nobody_had_said_anything(
    log: EventLog, pool: asyncpg.Pool
):
    stream = a_stream()
    snapshot = Snapshot(version=1, format=1, state=b"state")
    (event,) = await put(log, stream, heard(), snapshot=snapshot)
    body = await packer(log).pack(event)
    await pool.execute(DESTROY, UUID(stream))
    later = event_log(pool)
    (tombstone,) = await later.read(stream)
    assert await packer(later).unpack(body) == tombstone
    assert _about(tombstone) == ("m", "", "", NOBODY)
    assert await later.snapshot(stream, form=1) is None


async def test_a_user_who_comes_back_is_not_who_left(log: EventLog, pool: asyncpg.Pool):
    stream = a_stream()
    await put(log, stream, heard("before"))
    await pool.execute(DESTROY, UUID(stream))
    later = event_log(pool)
    await put(later, stream, heard("after"))
    texts = [_about(event)[1] for event in await later.read(stream)]
    assert texts == ["", "after"]


async def test_a_sealed_part_does_not_open_elsewhere(log: EventLog):
    stream, other = a_stream(), a_stream()
    (event,) = await put(log, stream, heard())
    await put(log, other, heard())
    encoded = Codec(all_events(SUBJECTS)).encode(event.data)
    sealed = await log.sealed(stream, event.id, encoded)
    assert await log.open(stream, event.id, sealed) == encoded.personal
    assert await log.open(stream, a_stream(), sealed) is None
    assert await log.open(other, event.id, sealed) is None


async def test_a_sealed_part_that_is_broken_does_not_open(log: EventLog):
    stream = a_stream()
    (event,) = await put(log, stream, heard())
    for broken in (b"", b"short", b"x" * 64):
        assert await log.open(stream, event.id, broken) is None


def _about(event: CloudEvent[Any]) -> tuple[object, ...]:
    said = event.data
    assert isinstance(said, MessageReceived)
    return said.message_id, said.text, said.reply_token, said.recipient
