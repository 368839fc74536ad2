"""What was lost on the way is found by the log: overlooked inputs, requests, deadlines."""

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from nats.js.errors import NotFoundError

from chassis.bus.streams import ensure_streams
from chassis.testing import poll
from contracts.base import CloudEvent
from contracts.conversation import DeadlinePassed, ReplyRequested, TranslationRequested
from contracts.subjects import CONVERSATION_STREAM, STREAMS, TRANSLATION_REQUESTED
from contracts.translation import TranslationReady
from services.conversation.domain import INITIAL, encode_state
from services.conversation.domain.facts import ResultApplied, SessionExpired, TimeNoted, WorkGivenUp
from services.conversation.sweeper import BATCH
from services.conversation.tests.conversing import START, said
from services.conversation.tests.replicas import DAY, Clock, Replica, a_stream

TRANSLATING = (said("開始"), said("聊天"), said("英文"))
LONG_AGO = "update eventlog.streams set pending_since = pending_since - interval '1 minute'"
ALARM = (
    "update eventlog.streams set wake_at = now() - interval '1 second' where wake_at is not null"
)
DUE = "update eventlog.outbox set next_publish_at = now() - interval '1 second'"
OWED = "select count(*) from eventlog.outbox where subject = $1"


async def working(one: Replica) -> tuple[str, CloudEvent[TranslationRequested]]:
    """Return a conversation that waits for a translation, and the request."""
    stream = a_stream()
    await one.hear(stream, *TRANSLATING, said("量BP"))
    events = await one.journal.read(stream)
    return stream, next(each for each in events if isinstance(each.data, TranslationRequested))


async def last_on_the_bus(one: Replica) -> object:
    """Return the last translation asked for, as it is on the bus."""
    try:
        manager = one.nats.jsm()
        message = await manager.get_last_msg(CONVERSATION_STREAM, TRANSLATION_REQUESTED)
    except NotFoundError:
        return None
    return await one.packer.unpack(message.data or b"")


async def wipe(one: Replica) -> None:
    """Lose all that is on the bus, as a new disk does."""
    for name in STREAMS:
        await one.nats.jsm().delete_stream(name)
    await ensure_streams(one.nats)


async def test_an_input_nobody_looked_at_is_decided(one: Replica):
    stream = a_stream()
    await one.record(stream, *TRANSLATING)
    await one.sweeper.sweep()
    assert await one.replies(stream) == [], "it is too young to be overlooked"
    await one.pool.execute(LONG_AGO)
    await one.sweeper.sweep()
    assert len(await one.replies(stream)) == 3
    assert not await one.is_pending(stream)


async def test_two_sweepers_at_once_decide_once(one: Replica, other: Replica):
    streams = [a_stream() for _ in range(10)]
    for stream in streams:
        await one.record(stream, *TRANSLATING)
    await one.pool.execute(LONG_AGO)
    await asyncio.gather(one.sweeper.sweep(), other.sweeper.sweep())
    assert [len(await one.replies(stream)) for stream in streams] == [3] * 10


async def test_a_backlog_larger_than_a_round_is_gone_on_with_at_once(one: Replica):
    for _ in range(BATCH + 1):
        await one.record(a_stream(), *TRANSLATING)
    await one.pool.execute(LONG_AGO)
    assert [await one.sweeper.sweep(), await one.sweeper.sweep()] == [True, False]


async def test_a_stream_that_needs_nothing_is_not_looked_at_again(one: Replica):
    stream = a_stream()
    await one.hear(stream, said("開始"))
    await one.pool.execute("update eventlog.streams set pending_since = now() - interval '1 hour'")
    before = await one.facts(stream)
    await one.sweeper.sweep()
    assert await one.facts(stream) == before
    assert not await one.is_pending(stream)


async def test_a_request_that_a_wiped_bus_lost_is_published_again(one: Replica):
    _, request = await working(one)
    await wipe(one)
    await one.sweeper.sweep()
    assert await last_on_the_bus(one) is None, "it is not due yet"
    await one.pool.execute(DUE)
    await one.sweeper.sweep()
    assert await poll(lambda: last_on_the_bus(one)) == request


async def test_a_request_is_published_again_in_growing_intervals(one: Replica):
    await working(one)
    pauses: list[float] = []
    for _ in range(6):
        await one.pool.execute(DUE)
        await one.sweeper.sweep()
        pauses.append(await _pause(one))
    assert pauses == [10, 20, 40, 80, 120, 120]


async def test_a_request_that_waits_for_days_does_not_stop_the_sweeper(one: Replica):
    await working(one)
    for tried in (60, 1_000, 2_000_000_000):
        await one.pool.execute("update eventlog.outbox set publishes = $1", tried)
        await one.pool.execute(DUE)
        await one.sweeper.sweep()
        assert await _pause(one) == 120


async def _pause(one: Replica) -> int:
    find = "select extract(epoch from max(next_publish_at) - now())::float from eventlog.outbox"
    return round(await one.pool.fetchval(find) or 0)


async def test_a_settled_request_is_published_no_more(one: Replica):
    stream, _ = await working(one)
    await one.hear(stream, said("停止"))
    await wipe(one)
    await one.pool.execute(DUE)
    await one.sweeper.sweep()
    assert await last_on_the_bus(one) is None


async def test_no_answer_in_time_becomes_an_apology(one: Replica, clock: Clock):
    stream, _ = await working(one)
    clock.now = START + timedelta(minutes=3)
    await one.pool.execute(ALARM)
    await one.sweeper.sweep()
    facts = await one.facts(stream)
    assert [type(fact) for fact in facts[-3:]] == [DeadlinePassed, WorkGivenUp, ReplyRequested]
    assert [each.outcome for each in await one.replies(stream)][-1] == "apologised"
    assert await one.pool.fetchval(OWED, TRANSLATION_REQUESTED) == 0
    await one.sweeper.sweep()
    assert await one.facts(stream) == facts


async def test_two_sweepers_at_once_apologise_once(
    one: Replica, other: Replica, clock: Clock, capsys: pytest.CaptureFixture[str]
):
    streams = [(await working(one))[0] for _ in range(10)]
    clock.now = START + timedelta(minutes=3)
    await one.pool.execute(ALARM)
    await asyncio.gather(one.sweeper.sweep(), other.sweeper.sweep())
    for stream in streams:
        outcomes = [each.outcome for each in await one.replies(stream)]
        assert outcomes.count("apologised") == 1
        facts = await one.facts(stream)
        assert sum(isinstance(fact, DeadlinePassed) for fact in facts) == 1
    assert "look_failed" not in capsys.readouterr().out


async def test_work_that_takes_long_is_said_to_and_its_answer_is_held_for_a_moment(
    one: Replica, clock: Clock
):
    stream, asked = await working(one)
    await _look_at(one, clock, 41)
    assert [reply.final for reply in await one.replies(stream)][-1] is False
    assert await _alarm(one) == START + timedelta(seconds=110)
    clock.now = START + timedelta(seconds=60)
    await one.journal.answer(asked, _sentence_for(asked, clock))
    await one.conversations.look(stream)
    assert isinstance((await one.facts(stream))[-1], ResultApplied)
    assert await _alarm(one) == START + timedelta(seconds=75)
    await _look_at(one, clock, 76)
    reply = (await one.replies(stream))[-1]
    assert (reply.final, reply.reply_token, reply.outcome) == (True, "", "answered")
    assert await one.snapshot(stream) == await one.folded(stream)


async def test_two_sweepers_at_once_say_once_that_it_takes_longer(
    one: Replica, other: Replica, clock: Clock
):
    stream, _ = await working(one)
    clock.now = START + timedelta(seconds=41)
    await one.pool.execute(ALARM)
    await asyncio.gather(one.sweeper.sweep(), other.sweeper.sweep())
    assert [reply.final for reply in await one.replies(stream)].count(False) == 1


def _sentence_for(asked: CloudEvent[TranslationRequested], clock: Clock) -> TranslationReady:
    return TranslationReady(
        request_id=asked.data.request_id,
        made_at=clock.now,
        direction="from_chinese",
        model="m",
        prompt="p",
        plain="量血壓",
        translation="BP",
    )


async def _look_at(one: Replica, clock: Clock, seconds: float) -> None:
    clock.now = START + timedelta(seconds=seconds)
    await one.pool.execute(ALARM)
    await one.sweeper.sweep()


async def _alarm(one: Replica) -> object:
    return await one.pool.fetchval("select wake_at from eventlog.streams")


async def test_a_deadline_is_not_passed_before_its_time(one: Replica, clock: Clock):
    stream, _ = await working(one)
    before = await one.facts(stream)
    clock.now = START + timedelta(seconds=39)
    await one.pool.execute(ALARM)
    await one.sweeper.sweep()
    assert await one.facts(stream) == before


async def test_an_idle_conversation_expires_once(one: Replica, clock: Clock):
    stream = a_stream()
    await one.hear(stream, *TRANSLATING)
    clock.now = START + DAY + timedelta(seconds=1)
    await one.pool.execute(ALARM)
    await one.sweeper.sweep()
    facts = await one.facts(stream)
    assert [type(fact) for fact in facts[-3:]] == [DeadlinePassed, TimeNoted, SessionExpired]
    assert await one.pool.fetchval("select wake_at from eventlog.streams") is None
    assert await one.snapshot(stream) == await one.folded(stream)


async def test_a_stream_that_cannot_be_read_does_not_keep_others_waiting(one: Replica):
    poisoned, healthy = a_stream(), a_stream()
    await one.record(poisoned, said("開始"))
    await one.pool.execute(
        "insert into eventlog.events (stream, version, id, type, schema_version, source, "
        "recorded_at, data) values ($1, 2, $1, 'gateway.message_received', 1, '/t', now(), '{}')",
        UUID(poisoned),
    )
    await one.record(healthy, said("開始"))
    await one.pool.execute(LONG_AGO)
    await one.sweeper.sweep()
    assert len(await one.replies(healthy)) == 1


async def test_a_sweep_that_fails_is_made_up_for(one: Replica):
    await one.pool.close()
    with pytest.raises(asyncpg.InterfaceError):
        await one.sweeper.sweep()
    running = asyncio.create_task(one.sweeper.run())
    done, _ = await asyncio.wait({running}, timeout=0.1)
    assert done == set()
    running.cancel()
    await asyncio.wait({running})


async def test_a_snapshot_can_be_thrown_away(one: Replica, other: Replica):
    stream = a_stream()
    await one.hear(stream, *TRANSLATING)
    await one.pool.execute("delete from eventlog.snapshots")
    await other.hear(stream, said("繼續翻譯"))
    assert encode_state(await one.snapshot(stream) or INITIAL) == encode_state(
        await one.folded(stream)
    )
