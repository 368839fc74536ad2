"""What the gateway has in memory of objects: the last ones, for a moment, never a dead key's."""

import asyncio

import asyncpg
import pytest

from chassis.errors import Unavailable
from chassis.eventlog.keyring import Keyring
from chassis.objects.memory import MemoryObjects
from chassis.objects.port import Stored
from chassis.objects.sealed import SealedObjects
from chassis.testing import poll
from chassis.tests.logged import on_record
from services.gateway.opened import FETCHES, KEPT_BYTES, KEPT_SECONDS, LARGEST_KEPT, Opened

STREAM = "2f0c1b9e-0000-4000-8000-000000000001"
OTHER = "2f0c1b9e-0000-4000-8000-000000000002"


class CountingObjects(MemoryObjects):
    """Counts what it is asked for, and answers when a test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.open = asyncio.Event()
        self.open.set()

    async def get(self, key: str) -> Stored | None:
        self.asked.append(key)
        await self.open.wait()
        return await super().get(key)


class Shelf:
    """A store, and the gateway's memory of it on a clock of the test's."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.store = CountingObjects()
        self.keyring = Keyring(pool)
        self.sealed = SealedObjects(self.store, self.keyring)
        self.time = 0.0
        self.opened = Opened(self.sealed, clock=lambda: self.time)

    async def put(self, name: str, data: bytes = b"sound", stream: str = STREAM) -> str:
        key = f"tts_audio/{stream}/{name}.m4a"
        await self.keyring.key(stream)
        await self.sealed.put(on_record(stream), key, data, content_type="audio/mp4")
        return key


@pytest.fixture
def shelf(pool: asyncpg.Pool) -> Shelf:
    return Shelf(pool)


async def test_the_parts_of_one_object_are_read_once(shelf: Shelf):
    key = await shelf.put("a")
    for _ in range(5):
        found = await shelf.opened.get(key)
        assert found is not None
        assert found.data == b"sound"
    assert shelf.store.asked == [key]


async def test_after_a_minute_it_is_read_anew(shelf: Shelf):
    key = await shelf.put("a")
    await shelf.opened.get(key)
    shelf.time = KEPT_SECONDS
    await shelf.opened.get(key)
    assert len(shelf.store.asked) == 2


async def test_what_is_not_there_is_looked_for_each_time(shelf: Shelf):
    key = f"tts_audio/{STREAM}/none.m4a"
    assert await shelf.opened.get(key) is None
    assert await shelf.opened.get(key) is None
    assert len(shelf.store.asked) == 2


@pytest.mark.parametrize(("stream", "reads"), [(STREAM, 2), (None, 2), (OTHER, 1)])
async def test_it_forgets_with_the_key(shelf: Shelf, stream: str | None, reads: int):
    key = await shelf.put("a")
    await shelf.opened.get(key)
    shelf.opened.forget(stream)
    await shelf.opened.get(key)
    assert len(shelf.store.asked) == reads


async def test_what_was_to_be_forgotten_while_it_was_read_does_not_come_back(shelf: Shelf):
    key = await shelf.put("a")
    shelf.store.open.clear()
    reading = asyncio.create_task(shelf.opened.get(key))
    await poll(lambda: shelf.store.asked)
    shelf.opened.forget(STREAM)
    shelf.store.open.set()
    await reading
    await shelf.opened.get(key)
    assert len(shelf.store.asked) == 2


async def test_it_keeps_no_more_than_its_bytes_and_drops_the_oldest(shelf: Shelf):
    large = b"x" * LARGEST_KEPT
    keys = [await shelf.put(str(number), large) for number in range(KEPT_BYTES // LARGEST_KEPT + 1)]
    for key in keys:
        await shelf.opened.get(key)
    await shelf.opened.get(keys[-1])
    await shelf.opened.get(keys[0])
    assert shelf.store.asked == [*keys, keys[0]]


async def test_too_large_an_object_is_not_kept(shelf: Shelf):
    key = await shelf.put("a", b"x" * (LARGEST_KEPT + 1))
    await shelf.opened.get(key)
    await shelf.opened.get(key)
    assert len(shelf.store.asked) == 2


async def test_past_its_room_it_says_no_at_once(shelf: Shelf):
    keys = [await shelf.put(str(number)) for number in range(FETCHES + 1)]
    shelf.store.open.clear()
    reading = [asyncio.create_task(shelf.opened.get(key)) for key in keys[:-1]]
    await poll(lambda: len(shelf.store.asked) == FETCHES)
    with pytest.raises(Unavailable):
        await shelf.opened.get(keys[-1])
    shelf.store.open.set()
    await asyncio.gather(*reading)
    assert await shelf.opened.get(keys[-1]) is not None
