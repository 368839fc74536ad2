"""JetStream's object store: what is left on the server, and what its own tools see."""

import asyncio
import time
from collections.abc import AsyncGenerator

import pytest
from nats.aio.client import Client

from chassis.errors import Unavailable
from chassis.objects.jetstream import ABANDONED, CHUNKS, JetStreamObjects
from chassis.tests.consuming import connected
from contracts.subjects import OBJECTS_BUCKET, OBJECTS_STREAM

KEY = "text/2f0c1b9e-0000-4000-8000-000000000001/a.txt"
LARGE = b"0123456789abcdef" * 20_000


@pytest.fixture
async def client(nats: str) -> AsyncGenerator[Client]:
    async with connected(nats) as client:
        yield client


async def messages(client: Client) -> int:
    return (await client.jsm().stream_info(OBJECTS_STREAM)).state.messages


async def test_removed_objects_leave_nothing_on_the_server(client: Client):
    store = JetStreamObjects(client)
    await store.put(KEY, LARGE, content_type="text/plain")
    await store.put(KEY, LARGE, content_type="text/plain")
    assert await messages(client) == 4
    await store.delete(KEY)
    assert await messages(client) == 0


async def test_the_servers_own_tools_read_what_we_put(client: Client):
    await JetStreamObjects(client).put(KEY, LARGE, content_type="text/plain")
    bucket = await client.jetstream().object_store(OBJECTS_BUCKET)
    found = await bucket.get(KEY)
    assert (found.data, found.info.size) == (LARGE, len(LARGE))


async def test_what_the_servers_own_tools_put_and_remove_is_understood(client: Client):
    bucket = await client.jetstream().object_store(OBJECTS_BUCKET)
    await bucket.put(KEY, LARGE)
    store = JetStreamObjects(client)
    found = await store.get(KEY)
    assert found is not None
    assert found.data == LARGE
    await bucket.delete(KEY)
    assert await store.get(KEY) is None
    assert await store.list_objects("") == []


@pytest.mark.parametrize(("age", "left"), [(2 * ABANDONED.total_seconds(), 1), (0, 0)])
async def test_chunks_of_a_put_that_was_killed_are_tidied_once_they_are_old(
    client: Client, age: float, left: int
):
    store = JetStreamObjects(client)
    await store.put(KEY, LARGE, content_type="text/plain")
    name = f"{int(time.time() - age):08x}{'0' * 24}"
    await client.jetstream().publish(CHUNKS + name, b"half")
    assert await store.tidy() == left
    assert await messages(client) == 5 - left
    assert await store.get(KEY) is not None


async def test_an_object_whose_chunks_are_gone_is_not_waited_for(client: Client):
    store = JetStreamObjects(client)
    await store.put(KEY, LARGE, content_type="text/plain")
    await client.jsm().purge_stream(OBJECTS_STREAM, subject=f"{CHUNKS}>")
    with pytest.raises(Unavailable):
        await store.get(KEY)


async def test_without_its_stream_it_is_unavailable(client: Client):
    await client.jsm().delete_stream(OBJECTS_STREAM)
    store = JetStreamObjects(client)
    with pytest.raises(Unavailable):
        await store.put(KEY, b"x", content_type="text/plain")


async def test_without_its_bus_it_says_so_soon(nats: str):
    async with connected(nats) as client:
        store = JetStreamObjects(client)
        await client.close()
        with pytest.raises(Unavailable):
            async with asyncio.timeout(3):
                await store.get(KEY)
