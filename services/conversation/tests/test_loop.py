"""Looking at conversations on a real log: races, gaps, stale caches, snapshots."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from chassis.errors import Unavailable
from chassis.testing import Database
from contracts.conversation import (
    EducationRequested,
    TranscriptionRequested,
    TranslationRequested,
    WorkStarted,
)
from contracts.education import EducationReady
from contracts.gateway import MessageReceived
from services.conversation.domain import INITIAL
from services.conversation.domain.facts import (
    LanguageChosen,
    ModeChosen,
    ResultApplied,
    StartedOver,
    TimeNoted,
)
from services.conversation.domain.state import LeafletReady, Translating
from services.conversation.tests.conversing import (
    LEAFLET,
    SOURCE,
    START,
    said,
    sentence,
    spoke,
    transcript,
)
from services.conversation.tests.replicas import Clock, Replica, a_stream, replica

TRANSLATING = (said("開始"), said("聊天"), said("英文"))
OPEN_REQUESTS = "select count(*) from eventlog.outbox where subject like '%.trans%'"
TO_A_LEAFLET = (said("開始"), said("衛教"), said("糖尿病"))


async def request_of(one: Replica, stream: str) -> EducationRequested:
    facts = await one.facts(stream)
    return next(fact for fact in facts if isinstance(fact, EducationRequested))


def made_for(request: EducationRequested) -> EducationReady:
    return EducationReady(
        request_id=request.request_id,
        made_at=START,
        model="m",
        prompt="p",
        text=LEAFLET,
        references=(SOURCE,),
    )


async def test_an_input_and_its_decisions_stand_in_one_stream(one: Replica):
    stream = a_stream()
    await one.hear(stream, said("開始"))
    events = await one.journal.read(stream)
    heard, started, reply = events
    assert [type(each.data) for each in events[:2]] == [MessageReceived, StartedOver]
    assert [each.version for each in events] == [1, 2, 3]
    assert [each.cause for each in events] == [None, heard.id, heard.id]
    assert (started.turn, reply.turn) == (heard.id, heard.id)
    assert not await one.is_pending(stream)


async def test_what_is_remembered_is_what_the_log_says(one: Replica):
    stream = a_stream()
    await one.hear(stream, *TO_A_LEAFLET)
    await one.hear(stream, made_for(await request_of(one, stream)), said("翻譯"), said("越南文"))
    remembered = one.conversations._known[stream]  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    assert remembered == await one.folded(stream)


async def test_a_snapshot_is_what_the_log_folds_to(one: Replica):
    stream = a_stream()
    await one.hear(stream, *TO_A_LEAFLET[:2])
    assert await one.snapshot(stream) == await one.folded(stream)
    await one.hear(stream, TO_A_LEAFLET[2])
    assert await one.snapshot(stream) != await one.folded(stream), "none is kept at work"
    await one.hear(stream, made_for(await request_of(one, stream)))
    kept = await one.snapshot(stream)
    assert kept == await one.folded(stream)
    assert isinstance(kept and kept.phase, LeafletReady)


async def test_a_replica_that_knows_nothing_goes_on_from_snapshot_and_tail(
    one: Replica, other: Replica
):
    stream = a_stream()
    await one.hear(stream, *TRANSLATING, said("量BP"))
    assert (await one.snapshot(stream) or INITIAL).version < (await one.folded(stream)).version
    await other.hear(stream, said("停止"))
    assert other.conversations._known[stream] == await one.folded(stream)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    assert len(await one.replies(stream)) == 5


async def test_a_snapshot_of_another_format_is_passed_over(one: Replica, other: Replica):
    stream = a_stream()
    await one.hear(stream, *TRANSLATING)
    await one.pool.execute("update eventlog.snapshots set format = 99, state = 'nonsense'")
    await other.hear(stream, said("繼續翻譯"))
    assert isinstance((await other.folded(stream)).phase, Translating)
    assert len(await one.replies(stream)) == 4


async def test_news_after_a_gap_is_decided_in_the_order_of_the_log(one: Replica):
    stream = a_stream()
    recorded = await one.record(stream, *TRANSLATING)
    await one.conversations.hear(recorded[2])
    facts = await one.facts(stream)
    decided = [
        type(fact) for fact in facts if isinstance(fact, StartedOver | ModeChosen | LanguageChosen)
    ]
    assert decided == [StartedOver, ModeChosen, LanguageChosen]
    count = len(facts)
    for late in recorded:
        await one.conversations.hear(late)
    assert len(await one.facts(stream)) == count


async def test_a_stale_cache_costs_a_read_not_a_mistake(one: Replica, other: Replica):
    stream = a_stream()
    await one.hear(stream, said("開始"))
    await other.hear(stream, said("聊天"))
    await one.hear(stream, said("英文"))
    assert [each.outcome for each in await one.replies(stream)] == ["answered"] * 3
    assert isinstance((await one.folded(stream)).phase, Translating)


async def test_news_that_another_replica_has_decided_changes_nothing(one: Replica, other: Replica):
    stream = a_stream()
    await one.hear(stream, said("開始"))
    (news,) = await one.record(stream, said("聊天"))
    await other.conversations.hear(news)
    before = await one.facts(stream)
    await one.conversations.hear(news)
    assert await one.facts(stream) == before


async def test_replicas_that_race_decide_each_input_once(one: Replica, other: Replica):
    stream = a_stream()
    await one.hear(stream, said("開始"), said("聊天"), said("英文"))

    async def arrive(number: int) -> None:
        (news,) = await one.record(stream, said("說明", at=number))
        await asyncio.gather(
            one.conversations.hear(news),
            other.conversations.hear(news),
            other.conversations.look(stream),
        )

    await asyncio.gather(*map(arrive, range(1, 21)))
    events = await one.journal.read(stream)
    heard = [event.id for event in events if isinstance(event.data, MessageReceived)]
    answered = Counter(reply.turn_id for reply in await one.replies(stream))
    assert [event.version for event in events] == list(range(1, len(events) + 1))
    assert answered == Counter(heard)
    assert await one.snapshot(stream) == await one.folded(stream)
    assert not await one.is_pending(stream)


async def test_replicas_that_race_ask_a_worker_once(one: Replica, other: Replica):
    streams = [a_stream() for _ in range(8)]
    for stream in streams:
        await one.hear(stream, *TRANSLATING)

    async def arrive(stream: str) -> None:
        (news,) = await one.record(stream, said("量BP"))
        await asyncio.gather(one.conversations.hear(news), other.conversations.hear(news))

    await asyncio.gather(*map(arrive, streams))
    for stream in streams:
        kinds = Counter(type(fact) for fact in await one.facts(stream))
        assert (kinds[WorkStarted], kinds[TranslationRequested]) == (1, 1)


async def test_a_result_is_applied_once_and_settles_nothing_else(one: Replica, other: Replica):
    stream = a_stream()
    await one.hear(stream, *TO_A_LEAFLET)
    (news,) = await one.record(stream, made_for(await request_of(one, stream)))
    await asyncio.gather(one.conversations.hear(news), other.conversations.hear(news))
    facts = await one.facts(stream)
    assert sum(isinstance(fact, ResultApplied) for fact in facts) == 1
    assert len(await one.replies(stream)) == 3


async def test_time_is_noted_when_inputs_have_waited_long(one: Replica, clock: Clock):
    stream = a_stream()
    await one.record(stream, *TRANSLATING, said("量BP"))
    clock.now = START + timedelta(minutes=5)
    await one.conversations.look(stream)
    facts = await one.facts(stream)
    assert TimeNoted(noted_at=clock.now) in facts
    started = next(fact for fact in facts if isinstance(fact, WorkStarted))
    assert started.answer_by > clock.now


async def test_a_stream_whose_key_is_gone_still_decides(
    one: Replica, postgres: Database, nats: str, clock: Clock
):
    stream = a_stream()
    await one.hear(stream, *TRANSLATING)
    await one.pool.execute("delete from eventlog.keys where stream = $1", UUID(stream))
    async with replica(postgres, nats, clock) as later:
        await later.hear(stream, said("新對話"))
        assert len(await later.replies(stream)) == 4


async def test_without_a_log_an_input_is_tried_again_later(one: Replica):
    stream = a_stream()
    (news,) = await one.record(stream, said("開始"))
    await one.pool.close()
    for attempt in (one.conversations.hear(news), one.conversations.look(stream)):
        with pytest.raises(Unavailable):
            await attempt


async def test_a_voice_message_is_two_requests_and_one_answer_in_one_turn(one: Replica):
    stream = a_stream()
    await one.hear(stream, *TRANSLATING, spoke("V1"))
    heard, _, listen = (await one.journal.read(stream))[-3:]
    assert isinstance(listen.data, TranscriptionRequested)
    request = listen.data.request_id
    assert await one.journal.answer(listen, replace(transcript(4, "痛"), request_id=request))
    await one.conversations.look(stream)
    translate = (await one.journal.read(stream))[-1]
    assert isinstance(translate.data, TranslationRequested)
    request = translate.data.request_id
    assert await one.journal.answer(translate, replace(sentence(4, "痛", "x"), request_id=request))
    await one.conversations.look(stream)
    assert {each.turn for each in (listen, translate)} == {heard.id}
    assert (await one.replies(stream))[-1].answer.content[0] == "🎤 痛"
    assert await one.pool.fetchval(OPEN_REQUESTS) == 0
    assert await one.snapshot(stream) == await one.folded(stream)
