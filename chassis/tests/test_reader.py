"""Reading all streams in one order: nothing skipped, nothing twice, no stream out of order."""

import asyncio
from collections import defaultdict

import asyncpg
import pytest

from chassis.errors import Unavailable
from chassis.eventlog.log import EventLog
from chassis.eventlog.reader import BEGINNING, Place, Placed, Reader
from chassis.testing import poll
from chassis.tests.logged import a_stream, heard, one, put, shown

WRITERS, EACH = 16, 25


class Follower:
    """A read model that only notes what it was given."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.place = BEGINNING
        self.seen: list[Placed] = []

    async def follow(self, limit: int = 7) -> int:
        page = await self._reader.read_after(self.place.tx, self.place.position, limit)
        self.seen += page
        if page:
            self.place = page[-1].place
        return len(page)

    async def has_seen(self, count: int) -> bool:
        while await self.follow():
            pass
        return len(self.seen) >= count


async def test_a_reader_finds_every_event_once_while_others_write(
    log: EventLog, pool: asyncpg.Pool
):
    streams = [a_stream() for _ in range(3)]
    follower = Follower(Reader(pool, log))

    async def write(writer: int) -> None:
        for number in range(EACH):
            stream = streams[(writer + number) % len(streams)]
            await put(log, stream, shown(), key=f"{writer}/{number}")

    writing = asyncio.gather(*map(write, range(WRITERS)))
    await poll(lambda: follower.has_seen(WRITERS * EACH), within=30)
    await writing
    assert await follower.follow() == 0
    found = [(each.event.stream, each.event.version) for each in follower.seen]
    written = [(s, event.version) for s in streams for event in await log.read(s)]
    assert sorted(found) == sorted(written)
    of = defaultdict[str, list[int]](list)
    for stream, version in found:
        of[stream].append(version)
    assert all(numbers == sorted(numbers) for numbers in of.values())
    assert [each.place for each in follower.seen] == sorted(each.place for each in follower.seen)


async def test_a_reader_waits_for_a_transaction_that_began_earlier(
    log: EventLog, pool: asyncpg.Pool, owner: asyncpg.Connection
):
    reader = Reader(pool, log)
    async with owner.transaction():
        await owner.execute("insert into eventlog.inbox (key, stream) values ('k', $1)", a_stream())
        await put(log, a_stream(), shown())
        assert await reader.read_after(0, 0, 10) == []
    assert len(await reader.read_after(0, 0, 10)) == 1


async def test_a_reader_opens_what_is_sealed(log: EventLog, pool: asyncpg.Pool):
    recorded = await put(log, a_stream(), heard(), shown())
    placed = await Reader(pool, log).read_after(0, 0, 10)
    assert [each.event for each in placed] == recorded


async def test_a_reader_goes_on_where_it_was(log: EventLog, pool: asyncpg.Pool):
    reader, stream = Reader(pool, log), a_stream()
    await put(log, stream, shown(), shown(), shown())
    first, second = await reader.read_after(0, 0, 2)
    assert first.place < second.place
    (third,) = await reader.read_after(second.place.tx, second.place.position, 2)
    assert third.event.version == 3
    assert await reader.read_after(third.place.tx, third.place.position, 2) == []
    assert Place(1, 9) < Place(2, 1)


async def test_without_a_database_reading_is_unavailable(log: EventLog, pool: asyncpg.Pool):
    await log.append(one(a_stream(), shown()))
    await pool.close()
    with pytest.raises(Unavailable):
        await Reader(pool, log).read_after(0, 0, 1)
