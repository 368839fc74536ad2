"""The journal: on record first, then on the bus; the bus may fail, the record may not."""

import asyncio
import json
from base64 import b64decode
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import asyncpg
import pytest
from nats.aio.client import Client

from chassis import metrics
from chassis.bus.wire import Packer, wired
from chassis.decider import derived_id
from chassis.errors import Unavailable
from chassis.eventlog.codec import Codec, all_events
from chassis.eventlog.log import EventLog
from chassis.forgetting import Forgetting
from chassis.journal import Journal
from chassis.testing import poll
from chassis.tests.consuming import connected
from chassis.tests.logged import NOW, a_stream, asked, erasure, heard, shown
from contracts.base import CloudEvent
from contracts.catalogue import SUBJECTS
from contracts.conversation import TranslationRequested
from contracts.subjects import GATEWAY_STREAM, STREAMS
from contracts.translation import TranslationFailed
from services.conversation.domain.facts import StartedOver

FAILED = TranslationFailed(request_id="r", failed_at=NOW, reason="late")


@dataclass
class Desk:
    """A journal and what it is made of."""

    journal: Journal
    packer: Packer
    nats: Client
    pool: asyncpg.Pool

    async def published(self) -> list[CloudEvent[object]]:
        """Return what is on the bus."""
        found: list[CloudEvent[object]] = []
        for stream in STREAMS:
            state = (await self.nats.jsm().stream_info(stream)).state
            for number in range(1, state.last_seq + 1):
                message = await self.nats.jsm().get_msg(stream, number)
                found.append(await self.packer.unpack(message.data or b""))
        return found

    async def has_published(self, events: Sequence[CloudEvent[object]] | None) -> bool:
        return await self.published() == events

    async def request(self) -> CloudEvent[TranslationRequested]:
        """Record a request."""
        (event,) = await self.journal.record(a_stream(), [asked()], wakes=False) or []
        return event

    async def owed(self) -> int:
        return await self.pool.fetchval("select count(*) from eventlog.outbox") or 0


@pytest.fixture
async def desk(log: EventLog, pool: asyncpg.Pool, nats: str) -> AsyncGenerator[Desk]:
    packer = Packer(log, Codec(all_events(SUBJECTS, [StartedOver])))
    async with connected(nats) as client:
        yield Desk(Journal(log, client, pool, subjects=SUBJECTS), packer, client, pool)


def old(event: CloudEvent[TranslationRequested]) -> CloudEvent[TranslationRequested]:
    """Return a request as it looks to whoever hears of it late."""
    return replace(event, time=event.time - timedelta(minutes=1))


async def test_what_is_recorded_is_on_the_bus(desk: Desk):
    recorded = await desk.journal.record(a_stream(), [heard(), shown()], traceparent="00-a-b-01")
    assert recorded
    assert await poll(lambda: desk.has_published(recorded))
    assert [each.traceparent for each in recorded] == ["00-a-b-01"] * 2


async def test_what_travels_are_the_bytes_that_stand_in_the_log(desk: Desk):
    await desk.journal.record(a_stream(), [heard()])
    await desk.nats.flush()
    message = await desk.nats.jsm().get_msg(GATEWAY_STREAM, 1)
    stored = await desk.pool.fetchval("select personal from eventlog.events")
    assert b64decode(json.loads(message.data or b"")["personal"]) == stored


async def test_what_is_published_again_are_those_bytes_too(desk: Desk):
    request = await desk.request()
    await desk.journal.publish_again(request.id)
    await desk.nats.flush()
    stored = await desk.pool.fetchval("select personal from eventlog.events")
    # The bus takes a repetition for what it has: it is told what it would store.
    written = await desk.journal.log.read_written(request.id)
    assert written is not None
    assert b64decode(json.loads(wired(written))["personal"]) == stored
    assert await desk.has_published([request])


async def test_an_erasure_is_published_and_told_to_everybody_however_often(desk: Desk):
    told: list[str | None] = []
    forgetting = Forgetting()
    forgetting.add(told.append)
    await forgetting.listen(desk.nats)
    (said,) = await desk.journal.record(a_stream(), [heard()]) or []
    new = erasure(said.stream, 1)
    erased = await desk.journal.erase(new)
    assert await desk.journal.erase(new) is None
    assert erased
    await poll(lambda: told == [said.stream] * 2)
    assert (await desk.published())[-1] == erased
    await forgetting.missed()
    assert told[-1] is None


async def test_a_key_records_and_publishes_once(desk: Desk):
    stream = a_stream()
    first = await desk.journal.record(stream, [heard()], key="k", ids=[a_stream()])
    assert await desk.journal.record(stream, [heard()], key="k") is None
    assert await poll(lambda: desk.has_published(first))
    assert await desk.journal.read(stream) == first


async def test_a_result_carries_on_what_its_request_began(desk: Desk):
    (asking,) = (
        await desk.journal.record(a_stream(), [asked()], turn=a_stream(), traceparent="00-a-b-01")
        or []
    )
    assert await desk.journal.answer(asking, FAILED)
    result = (await desk.journal.read(asking.stream))[-1]
    assert (result.data, result.version) == (FAILED, 2)
    assert (result.cause, result.turn) == (asking.id, asking.turn)
    assert (result.traceparent, result.id) == ("00-a-b-01", derived_id(asking.id, "result"))


async def test_a_request_has_one_result_whoever_answers_however_often(desk: Desk):
    asking = await desk.request()
    answers = await asyncio.gather(*(desk.journal.answer(asking, FAILED) for _ in range(8)))
    assert sorted(answers) == [False] * 7 + [True]
    assert [each.version for each in await desk.journal.read(asking.stream)] == [1, 2]


async def test_a_result_settles_its_request_and_wakes_the_conversation(desk: Desk):
    asking = await desk.request()
    assert (await desk.owed(), await desk.journal.is_settled(old(asking))) == (1, False)
    await desk.journal.answer(asking, FAILED)
    assert (await desk.owed(), await desk.journal.is_settled(old(asking))) == (0, True)
    assert await desk.pool.fetchval("select pending_since is not null from eventlog.streams")


async def test_a_young_request_is_taken_for_unsettled_without_a_look(desk: Desk):
    asking = await desk.request()
    await desk.journal.answer(asking, FAILED)
    await desk.pool.close()
    assert not await desk.journal.is_settled(asking)
    with pytest.raises(Unavailable):
        await desk.journal.is_settled(old(asking))


async def test_a_parked_request_stays_owed_and_is_never_due(desk: Desk):
    asking = await desk.request()
    await desk.journal.park(asking.id)
    due = "select count(*) from eventlog.outbox where next_publish_at < now() + interval '1 year'"
    assert (await desk.owed(), await desk.pool.fetchval(due)) == (1, 0)


async def test_a_fact_private_to_its_service_does_not_travel(desk: Desk, pool: asyncpg.Pool):
    log = EventLog(pool, Codec([StartedOver]), source="/conversation", requests={})
    private = Journal(log, desk.nats, pool, subjects=SUBJECTS)
    stream = a_stream()
    await private.record(stream, [StartedOver()])
    await desk.nats.flush()
    assert (await desk.published(), len(await private.read(stream))) == ([], 1)


async def test_without_a_bus_it_is_still_recorded_and_the_failure_counted(desk: Desk):
    await desk.nats.close()
    before = failures()
    stream = a_stream()
    assert await desk.journal.record(stream, [heard(), shown()])
    assert len(await desk.journal.read(stream)) == 2
    assert failures() == before + 2


async def test_an_event_too_large_for_the_bus_is_still_recorded(desk: Desk):
    huge = "長" * (desk.nats.max_payload // 3)
    before = failures()
    assert await desk.journal.record(a_stream(), [heard(huge)])
    assert failures() == before + 1


async def test_without_a_database_nothing_is_recorded_and_nothing_published(desk: Desk):
    await desk.pool.close()
    for attempt in (
        desk.journal.record(a_stream(), [shown()]),
        desk.journal.park(a_stream()),
        desk.journal.read(a_stream()),
    ):
        with pytest.raises(Unavailable):
            await attempt
    await desk.nats.flush()
    assert await desk.published() == []


def failures() -> float:
    (metric,) = metrics.PUBLISH_FAILURES.collect()
    return next(each.value for each in metric.samples if each.name.endswith("_total"))
