"""How long audio and exports are kept, by time and by size."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.database import open_pool
from chassis.errors import Unavailable
from chassis.eventlog.keyring import Keyring
from chassis.objects.memory import MemoryObjects
from chassis.objects.port import Listed
from chassis.objects.sealed import SealedObjects
from chassis.testing import Database, poll
from services.gateway.retention import Keeping, Retention, excess

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
DAY = timedelta(hours=24)
KEEPING = Keeping(time=DAY, size=100)
STREAM = "2f0c1b9e-0000-4000-8000-000000000001"
LISTED = st.lists(
    st.builds(
        lambda number, size, age: Listed(
            key=f"tts_audio/{number}", size=size, stored_at=NOW - timedelta(hours=age)
        ),
        st.integers(0, 1_000),
        st.integers(0, 60),
        st.floats(0, 48),
    ),
    max_size=20,
)


@given(LISTED)
def test_what_stays_is_young_and_fits_and_no_more_is_removed_than_must_be(listed: list[Listed]):
    gone = excess(listed, KEEPING, NOW)
    assert all(NOW - each.stored_at > DAY for each in gone.expired)
    young = sorted(
        (each for each in listed if NOW - each.stored_at <= DAY),
        key=lambda each: (each.stored_at, each.key),
    )
    left = young[len(gone.over_size) :]
    assert list(gone.over_size) == young[: len(gone.over_size)]
    assert sum(each.size for each in left) <= KEEPING.size
    if gone.over_size:
        assert sum(each.size for each in [gone.over_size[-1], *left]) > KEEPING.size


class Store(MemoryObjects):
    """Holds its lists back until a test lets them go."""

    def __init__(self) -> None:
        super().__init__()
        self.open = asyncio.Event()
        self.open.set()
        self.listing = 0
        self.is_strange = False

    async def list_objects(self, prefix: str) -> list[Listed]:
        self.listing += 1
        await self.open.wait()
        if self.is_strange:
            raise ValueError(prefix)
        return await super().list_objects(prefix)

    async def hold(self, key: str, size: int, hours_ago: float) -> None:
        """Keep an object of that age."""
        await self.put(key, b"x" * size, content_type="audio/mp4")
        stored_at = NOW - timedelta(hours=hours_ago)
        self.stored[key] = replace(self.stored[key], stored_at=stored_at)


@pytest.fixture
def store() -> Store:
    return Store()


def cleaning(store: Store, pool: asyncpg.Pool) -> Retention:
    return Retention(SealedObjects(store, Keyring(pool)), pool, KEEPING, now=lambda: NOW)


async def test_old_audio_and_exports_go_and_archives_stay(store: Store, pool: asyncpg.Pool):
    for folder in ("tts_audio", "export", "voicemail", "text"):
        await store.hold(f"{folder}/{STREAM}/old", 10, 25)
        await store.hold(f"{folder}/{STREAM}/new", 10, 23)
    cleaned = await cleaning(store, pool).run()
    assert cleaned is not None
    assert (cleaned.expired, cleaned.over_size, cleaned.removed_bytes) == (2, 0, 20)
    assert (cleaned.kept, cleaned.kept_bytes) == (2, 20)
    assert len([key for key in store.stored if key.endswith("new")]) == 4
    assert sorted(key for key in store.stored if key.endswith("old")) == [
        f"text/{STREAM}/old",
        f"voicemail/{STREAM}/old",
    ]


async def test_over_the_size_the_oldest_go(store: Store, pool: asyncpg.Pool):
    for hours in range(6):
        await store.hold(f"tts_audio/{STREAM}/{hours}", 30, hours)
    cleaned = await cleaning(store, pool).run()
    assert cleaned is not None
    assert (cleaned.over_size, cleaned.kept_bytes) == (3, 90)
    assert sorted(store.stored) == [f"tts_audio/{STREAM}/{hours}" for hours in range(3)]


async def test_two_replicas_do_not_clean_at_once(
    store: Store, pool: asyncpg.Pool, postgres: Database
):
    async with open_pool(postgres.service_url) as other:
        store.open.clear()
        first = asyncio.create_task(cleaning(store, pool).run())
        await poll(lambda: store.listing)
        assert await cleaning(store, other).run() is None
        store.open.set()
        assert await first is not None
        assert await cleaning(store, other).run() is not None


async def test_a_cleaning_that_failed_leaves_the_next_one_free(store: Store, pool: asyncpg.Pool):
    store.is_down = True
    with pytest.raises(Unavailable):
        await cleaning(store, pool).run()
    store.is_down = False
    assert await cleaning(store, pool).run() is not None


@pytest.mark.parametrize("trouble", ["is_down", "is_strange"])
async def test_it_goes_on_whatever_the_store_does(store: Store, pool: asyncpg.Pool, trouble: str):
    setattr(store, trouble, True)
    retention = cleaning(store, pool)
    task = asyncio.create_task(retention.keep())
    await poll(lambda: "not looked at yet" not in str(retention.facts))
    assert retention.facts["reachable"] is False
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_it_found_can_be_asked_for(store: Store, pool: asyncpg.Pool):
    await store.hold(f"tts_audio/{STREAM}/a", 30, 1)
    retention = cleaning(store, pool)
    await retention.run()
    assert retention.facts == {
        "reachable": True,
        "objects": 1,
        "bytes": 30,
        "bytes_max": 100,
        "looked_at": "2026-11-23T08:00:00+00:00",
    }
