"""Appending: versions without gaps, one winner, everything or nothing."""

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from chassis.errors import Unavailable
from chassis.eventlog.log import Append, Conflict, EventLog, NewEvent, Snapshot, Wake
from chassis.tests.logged import NOW, a_stream, asked, event_log, heard, one, put, shown
from contracts.base import CloudEvent

WRITERS = 16


async def versions(log: EventLog, stream: str) -> list[int]:
    return [event.version for event in await log.read(stream)]


async def test_a_stream_counts_from_one(log: EventLog):
    stream = a_stream()
    assert [each.version for each in await put(log, stream, shown(), shown())] == [1, 2]
    assert [each.version for each in await put(log, stream, shown(), expected=2)] == [3]
    assert await versions(log, stream) == [1, 2, 3]
    assert await versions(log, a_stream()) == []


async def test_what_append_returns_is_what_stands_in_the_log(log: EventLog):
    stream, cause, turn = a_stream(), a_stream(), a_stream()
    new = [
        NewEvent(id=a_stream(), event=heard(), cause=cause, turn=turn, traceparent="00-a-b-01"),
        NewEvent(id=a_stream(), event=shown()),
    ]
    recorded = await log.append(Append(stream=stream, events=new))
    assert await log.read(stream) == recorded
    assert await log.read(stream, after=1) == (recorded or [])[1:]
    assert await log.read_event(new[0].id) == (recorded or [])[0]
    assert await log.read_event(a_stream()) is None


async def test_a_writer_that_expects_another_version_is_told_so(log: EventLog):
    stream = a_stream()
    await put(log, stream, shown(), expected=0)
    for expected in (0, 2, 5):
        with pytest.raises(Conflict):
            await log.append(one(stream, shown(), expected=expected))
    with pytest.raises(Conflict):
        await log.append(one(a_stream(), shown(), expected=1))
    assert await versions(log, stream) == [1]


async def test_of_writers_that_expect_the_same_version_one_wins(log: EventLog):
    stream = a_stream()
    for expected in range(5):
        appends = (log.append(one(stream, shown(), expected=expected)) for _ in range(WRITERS))
        ended = await asyncio.gather(*appends, return_exceptions=True)
        assert sum(isinstance(each, Conflict) for each in ended) == WRITERS - 1
        assert sum(isinstance(each, list) for each in ended) == 1
    assert await versions(log, stream) == [1, 2, 3, 4, 5]


async def test_writers_that_expect_nothing_leave_no_gap_and_no_duplicate(log: EventLog):
    stream = a_stream()

    async def write(writer: int) -> list[CloudEvent[object]]:
        return [each for n in range(5) for each in await put(log, stream, shown(f"{writer}-{n}"))]

    returned = [
        each for events in await asyncio.gather(*map(write, range(WRITERS))) for each in events
    ]
    stored = await log.read(stream)
    assert [each.version for each in stored] == list(range(1, WRITERS * 5 + 1))
    assert sorted(returned, key=lambda each: each.version) == stored


async def test_time_never_runs_backwards_in_a_stream(log: EventLog):
    stream = a_stream()
    await asyncio.gather(*(put(log, stream, shown()) for _ in range(64)))
    times = [each.time for each in await log.read(stream)]
    assert times == sorted(times)


async def test_a_key_that_was_used_before_appends_nothing(log: EventLog):
    stream = a_stream()
    await put(log, stream, shown(), key="k")
    assert await log.append(one(stream, shown(), key="k")) is None
    assert await log.append(one(a_stream(), shown(), key="k")) is None
    assert await versions(log, stream) == [1]
    await put(log, stream, shown(), key="another")


async def test_one_key_at_once_on_many_connections_appends_once(log: EventLog, pool: asyncpg.Pool):
    stream, others = a_stream(), event_log(pool)
    for number in range(20):
        both = (each.append(one(stream, shown(), key=f"k{number}")) for each in (log, others) * 4)
        ended = await asyncio.gather(*both)
        assert [each is None for each in ended].count(False) == 1
    assert await versions(log, stream) == list(range(1, 21))


async def test_a_key_of_an_append_that_failed_is_free_again(log: EventLog):
    stream = a_stream()
    with pytest.raises(Conflict):
        await log.append(one(stream, shown(), key="k", expected=7))
    await put(log, stream, shown(), key="k")


async def test_nothing_of_an_append_that_failed_is_left(log: EventLog, owner: asyncpg.Connection):
    stream = a_stream()
    (first,) = await put(log, stream, shown())
    twice = [NewEvent(id=a_stream(), event=asked()), NewEvent(id=first.id, event=asked())]
    with pytest.raises(asyncpg.UniqueViolationError):
        await log.append(Append(stream=stream, events=twice, key="k", pending=True))
    assert await versions(log, stream) == [1]
    assert await owner.fetchval("select count(*) from eventlog.outbox") == 0
    assert await owner.fetchval("select count(*) from eventlog.inbox") == 0
    found = await owner.fetchrow("select version, pending_since from eventlog.streams")
    assert found == (1, None)


async def test_a_request_waits_in_the_outbox_until_it_is_settled(
    log: EventLog, owner: asyncpg.Connection
):
    stream = a_stream()
    recorded = await put(log, stream, shown(), asked(), shown(), asked())
    owed = await owner.fetch("select event_id::text, version from eventlog.outbox order by 2")
    assert owed == [(recorded[1].id, 2), (recorded[3].id, 4)]
    await put(log, stream, shown(), settles=[recorded[1].id, a_stream()])
    assert await owner.fetch("select version from eventlog.outbox") == [(4,)]


async def test_settling_needs_no_event(log: EventLog, owner: asyncpg.Connection):
    stream = a_stream()
    (request,) = await put(log, a_stream(), asked())
    assert await log.append(one(stream, settles=[request.id])) == []
    assert await owner.fetchval("select count(*) from eventlog.outbox") == 0
    assert [each.version for each in await put(log, stream, shown(), expected=0)] == [1]


async def test_a_stream_is_pending_until_it_was_looked_at(log: EventLog, owner: asyncpg.Connection):
    async def pending() -> bool:
        return bool(await owner.fetchval("select pending_since is not null from eventlog.streams"))

    stream = a_stream()
    await put(log, stream, shown(), pending=True)
    assert await pending()
    await put(log, stream, shown())
    assert await pending()
    await log.looked_at(stream, 1)
    assert await pending(), "version 2 was never looked at"
    await log.looked_at(stream, 2)
    assert not await pending()
    await put(log, stream, shown(), pending=True)
    await put(log, stream, shown(), pending=False)
    assert not await pending()


async def test_a_stream_is_pending_since_its_first_input(log: EventLog, owner: asyncpg.Connection):
    stream = a_stream()
    (first,) = await put(log, stream, shown(), pending=True)
    await put(log, stream, shown(), pending=True)
    assert await owner.fetchval("select pending_since from eventlog.streams") == first.time


async def test_an_alarm_is_set_kept_and_cleared(log: EventLog, owner: asyncpg.Connection):
    async def alarm() -> object:
        return await owner.fetchval("select wake_at from eventlog.streams")

    stream, later = a_stream(), NOW + timedelta(hours=1)
    await put(log, stream, shown(), wake=Wake(at=NOW))
    assert await alarm() == NOW
    await put(log, stream, shown())
    assert await alarm() == NOW
    await put(log, stream, shown(), wake=Wake(at=later), expected=2)
    assert await alarm() == later
    await put(log, stream, shown(), wake=Wake(at=None))
    assert await alarm() is None


async def test_a_snapshot_comes_back_in_its_format_only(log: EventLog):
    stream = a_stream()
    kept = Snapshot(version=1, format=3, state=b"state")
    await put(log, stream, shown(), expected=0, snapshot=kept)
    assert await log.snapshot(stream, form=3) == kept
    assert await log.snapshot(stream, form=4) is None
    assert await log.snapshot(a_stream(), form=3) is None


async def test_a_snapshot_gives_way_to_a_newer_one_only(log: EventLog, owner: asyncpg.Connection):
    stream = a_stream()
    for version in (1, 2):
        newest = Snapshot(version=version, format=1, state=b"%d" % version)
        await put(log, stream, shown(), snapshot=newest)
        assert await log.snapshot(stream, form=1) == newest
    await owner.execute("update eventlog.snapshots set version = 9")
    await put(log, stream, shown(), snapshot=Snapshot(version=3, format=1, state=b"3"))
    assert await owner.fetchval("select version from eventlog.snapshots") == 9


async def test_without_a_database_all_of_the_log_is_unavailable(log: EventLog, pool: asyncpg.Pool):
    stream = a_stream()
    (event,) = await put(log, stream, shown())
    await pool.close()
    for attempt in (
        log.append(one(stream, shown())),
        log.append(one(a_stream(), heard())),
        log.read(stream),
        log.read_event(event.id),
        log.snapshot(stream, form=1),
        log.looked_at(stream, 1),
        log.open(a_stream(), event.id, b"sealed"),
    ):
        with pytest.raises(Unavailable):
            await attempt


async def test_many_streams_do_not_wait_for_one(log: EventLog, owner: asyncpg.Connection):
    held = a_stream()
    await put(log, held, shown())
    async with owner.transaction():
        await owner.execute(
            "select 1 from eventlog.streams where stream = $1 for update", UUID(held)
        )
        waiting = asyncio.create_task(put(log, held, shown()))
        for _ in range(5):
            await put(log, a_stream(), shown())
        assert not waiting.done()
    assert [each.version for each in await waiting] == [2]
