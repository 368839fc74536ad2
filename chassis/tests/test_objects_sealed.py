"""Objects as they lie in a store: sealed with the key of their stream, and gone with it."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis.errors import Unavailable
from chassis.eventlog.erasure import erase
from chassis.eventlog.keyring import Keyring
from chassis.eventlog.log import EventLog
from chassis.objects.memory import MemoryObjects
from chassis.objects.sealed import SealedObjects
from chassis.tests.logged import NOW, WORDS, a_stream, asked, erasure, event_log, heard, put
from contracts.base import CloudEvent
from contracts.gateway import MessageUnsent

DESTROY = "delete from eventlog.keys where stream = $1"


class Interrupted(MemoryObjects):
    """A store in which something happens just before an object is there, or just after."""

    def __init__(self, happens: Callable[[], Awaitable[object]], *, before: bool) -> None:
        super().__init__()
        self._happens = happens
        self._before = before

    async def put(self, key: str, data: bytes, *, content_type: str) -> None:
        if self._before:
            await self._happens()
        await super().put(key, data, content_type=content_type)
        if not self._before:
            await self._happens()


class Stuck(Interrupted):
    """One that loses whoever wants to remove something."""

    async def delete(self, *keys: str) -> None:
        pass


def a_key(stream: str, name: str = "a") -> str:
    return f"text/{stream}/{name}.txt"


async def a_request(log: EventLog) -> CloudEvent[Any]:
    _, request = await put(log, a_stream(), heard(), asked())
    return request


async def is_kept(objects: SealedObjects, request: CloudEvent[Any], words_of: str = "") -> bool:
    key, data = a_key(request.stream), WORDS.encode()
    return await objects.put(request, key, data, content_type="text/plain", words_of=words_of)


async def unsend(log: EventLog, stream: str, message_id: str) -> None:
    unsent = MessageUnsent(
        webhook_event_id="w", message_id=message_id, sent_at=NOW, received_at=NOW
    )
    await put(log, stream, unsent)


async def test_an_object_is_sealed_and_opens_with_its_key(log: EventLog, pool: asyncpg.Pool):
    store, request = MemoryObjects(), await a_request(log)
    assert await is_kept(SealedObjects(store, Keyring(pool)), request)
    assert WORDS.encode() not in store.stored[a_key(request.stream)].data
    found = await SealedObjects(store, Keyring(pool)).get(request.stream, a_key(request.stream))
    assert found is not None
    assert (found.data.decode(), found.content_type) == (WORDS, "text/plain")


async def test_an_object_dies_with_its_key(log: EventLog, pool: asyncpg.Pool):
    store, request = MemoryObjects(), await a_request(log)
    await is_kept(SealedObjects(store, Keyring(pool)), request)
    await pool.execute(DESTROY, UUID(request.stream))
    later = SealedObjects(store, Keyring(pool))
    assert await later.get(request.stream, a_key(request.stream)) is None
    assert await later.list_keys("text/") == [a_key(request.stream)]


async def test_what_was_asked_for_before_an_erasure_is_not_kept_after_it(
    log: EventLog, pool: asyncpg.Pool
):
    store, request = MemoryObjects(), await a_request(log)
    objects = SealedObjects(store, log.keyring)
    await erase(event_log(pool), erasure(request.stream, 2))
    assert not await is_kept(objects, request)
    assert store.stored == {}
    (afresh,) = await put(log, request.stream, asked())
    assert await is_kept(objects, afresh)
    assert await objects.get(request.stream, a_key(request.stream)) is not None


@pytest.mark.parametrize("before", [True, False])
async def test_an_erasure_while_an_object_is_put_leaves_none(
    log: EventLog, pool: asyncpg.Pool, before: bool
):
    request = await a_request(log)
    store = Interrupted(lambda: erase(event_log(pool), erasure(request.stream, 2)), before=before)
    assert not await is_kept(SealedObjects(store, log.keyring), request)
    assert store.stored == {}


async def test_what_an_erasure_overtakes_is_sealed_with_the_key_that_is_gone(
    log: EventLog, pool: asyncpg.Pool
):
    request = await a_request(log)
    store = Stuck(lambda: erase(event_log(pool), erasure(request.stream, 2)), before=True)
    assert not await is_kept(SealedObjects(store, log.keyring), request)
    assert len(store.stored) == 1
    later = SealedObjects(store, Keyring(pool))
    assert await later.get(request.stream, a_key(request.stream)) is None


@pytest.mark.parametrize(("words_of", "kept"), [("m1", False), ("m2", True), ("", True)])
async def test_what_is_made_of_a_message_that_was_taken_back_is_not_kept(
    log: EventLog, words_of: str, kept: bool
):
    request = await a_request(log)
    store = Interrupted(lambda: unsend(log, request.stream, "m1"), before=False)
    objects = SealedObjects(store, log.keyring)
    assert await is_kept(objects, request, words_of) == kept, "taken back meanwhile"
    assert await is_kept(objects, request, words_of) == kept, "taken back before"
    assert len(store.stored) == kept


async def test_an_object_put_under_another_key_or_stream_does_not_open(
    log: EventLog, pool: asyncpg.Pool
):
    store, one, other = MemoryObjects(), await a_request(log), await a_request(log)
    objects = SealedObjects(store, Keyring(pool))
    for each in (one, other):
        assert await is_kept(objects, each)
    store.stored[a_key(one.stream, "b")] = store.stored[a_key(one.stream)]
    assert await objects.get(one.stream, a_key(one.stream, "b")) is None
    assert await objects.get(other.stream, a_key(one.stream)) is None
    assert await objects.get(one.stream, a_key(one.stream)) is not None


async def test_a_store_that_is_away_is_unavailable(pool: asyncpg.Pool):
    store, stream = MemoryObjects(), a_stream()
    store.is_down = True
    with pytest.raises(Unavailable):
        await SealedObjects(store, Keyring(pool)).get(stream, a_key(stream))
