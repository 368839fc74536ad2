"""One suite for all object stores: the fake, JetStream's and S3's."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest

from chassis.objects.port import ObjectStore
from chassis.tests.stores import opened

KEY = "tts_audio/2f0c1b9e-0000-4000-8000-000000000001/a.m4a"
OTHER = "tts_audio/2f0c1b9e-0000-4000-8000-000000000002/b.m4a"
M4A = "audio/mp4"
LARGE = bytes(range(256)) * 5_000


@pytest.fixture(params=["memory", "jetstream", "s3"])
async def store(request: pytest.FixtureRequest, nats: str, s3: str) -> AsyncGenerator[ObjectStore]:
    async with opened(request.param, nats, s3) as store:
        yield store


@pytest.mark.parametrize("data", [b"", b"\x00\xff", LARGE], ids=["empty", "small", "large"])
async def test_an_object_comes_back_as_it_was_put(store: ObjectStore, data: bytes):
    await store.put(KEY, data, content_type=M4A)
    found = await store.get(KEY)
    assert found is not None
    assert (found.data, found.content_type) == (data, M4A)
    assert abs(datetime.now(UTC) - found.stored_at) < timedelta(seconds=10)


async def test_what_is_not_there_is_none(store: ObjectStore):
    assert await store.get(KEY) is None
    assert await store.list_objects("") == []


async def test_a_second_put_replaces_the_first(store: ObjectStore):
    await store.put(KEY, LARGE, content_type=M4A)
    await store.put(KEY, b"new", content_type="text/plain")
    found = await store.get(KEY)
    assert found is not None
    assert (found.data, found.content_type) == (b"new", "text/plain")
    assert [each.size for each in await store.list_objects("")] == [3]


async def test_puts_at_once_leave_one_whole_object(store: ObjectStore):
    versions = [bytes([number]) * 300_000 for number in range(5)]
    await asyncio.gather(*(store.put(KEY, each, content_type=M4A) for each in versions))
    found = await store.get(KEY)
    assert found is not None
    assert found.data in versions


async def test_a_list_shows_what_lies_below_a_prefix_by_key(store: ObjectStore):
    for key in (OTHER, KEY, "text/x/1.txt"):
        await store.put(key, b"12345", content_type=M4A)
    listed = await store.list_objects("tts_audio/")
    assert [(each.key, each.size) for each in listed] == [(KEY, 5), (OTHER, 5)]
    assert all(each.stored_at.tzinfo for each in listed)
    assert [each.key for each in await store.list_objects(KEY[:40])] == [KEY, OTHER]
    assert [each.key for each in await store.list_objects(KEY)] == [KEY]


async def test_removed_is_removed_and_may_be_removed_again(store: ObjectStore):
    await store.put(KEY, LARGE, content_type=M4A)
    await store.put(OTHER, b"stays", content_type=M4A)
    for _ in range(2):
        await store.delete(KEY, "never/was/there.m4a")
    assert await store.get(KEY) is None
    assert [each.key for each in await store.list_objects("")] == [OTHER]


@pytest.mark.slow
async def test_many_objects_are_listed_and_removed(store: ObjectStore):
    keys = [f"export/s/{number:04}.json" for number in range(1_050)]
    for start in range(0, len(keys), 50):
        few = keys[start : start + 50]
        await asyncio.gather(*(store.put(key, b"{}", content_type="x/y") for key in few))
    assert [each.key for each in await store.list_objects("export/")] == keys
    await store.delete(*keys[:100])
    assert len(await store.list_objects("export/")) == 950


async def test_nothing_is_left_behind_by_a_put_that_ended(store: ObjectStore):
    await store.put(KEY, LARGE, content_type=M4A)
    assert await store.tidy() == 0
    assert await store.get(KEY) is not None
