"""Objects as they lie in a store: sealed with the key of their stream, and gone with it."""

from uuid import UUID

import asyncpg
import pytest

from chassis.errors import Unavailable
from chassis.eventlog.keyring import Keyring
from chassis.objects.memory import MemoryObjects
from chassis.objects.sealed import SealedObjects
from chassis.tests.logged import WORDS, a_stream

DESTROY = "delete from eventlog.keys where stream = $1"


def a_key(stream: str, name: str = "a") -> str:
    return f"text/{stream}/{name}.txt"


async def test_an_object_is_sealed_and_opens_with_its_key(pool: asyncpg.Pool):
    store, stream = MemoryObjects(), a_stream()
    await SealedObjects(store, Keyring(pool)).put(
        stream, a_key(stream), WORDS.encode(), content_type="text/plain"
    )
    assert WORDS.encode() not in store.stored[a_key(stream)].data
    found = await SealedObjects(store, Keyring(pool)).get(stream, a_key(stream))
    assert found is not None
    assert (found.data.decode(), found.content_type) == (WORDS, "text/plain")


async def test_an_object_dies_with_its_key(pool: asyncpg.Pool):
    store, stream = MemoryObjects(), a_stream()
    await SealedObjects(store, Keyring(pool)).put(stream, a_key(stream), b"x", content_type="t/p")
    await pool.execute(DESTROY, UUID(stream))
    later = SealedObjects(store, Keyring(pool))
    assert await later.get(stream, a_key(stream)) is None
    assert await later.list_keys("text/") == [a_key(stream)]


async def test_an_object_put_under_another_key_or_stream_does_not_open(pool: asyncpg.Pool):
    store, (stream, other) = MemoryObjects(), (a_stream(), a_stream())
    objects = SealedObjects(store, Keyring(pool))
    await objects.put(stream, a_key(stream), b"x", content_type="t/p")
    await objects.put(other, a_key(other), b"y", content_type="t/p")
    store.stored[a_key(stream, "b")] = store.stored[a_key(stream)]
    assert await objects.get(stream, a_key(stream, "b")) is None
    assert await objects.get(other, a_key(stream)) is None
    assert await objects.get(stream, a_key(stream)) is not None


async def test_a_store_that_is_away_is_unavailable(pool: asyncpg.Pool):
    store, stream = MemoryObjects(), a_stream()
    store.is_down = True
    with pytest.raises(Unavailable):
        await SealedObjects(store, Keyring(pool)).get(stream, a_key(stream))
