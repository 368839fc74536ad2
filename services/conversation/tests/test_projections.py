"""The read models: what stands in the log, told as rows, the same however often they are made."""

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg

from chassis.decider import derived_id
from chassis.errors import Unavailable
from chassis.eventlog.erasure import Erasure
from chassis.eventlog.log import NewEvent
from chassis.testing import poll
from contracts.base import CloudEvent, Event
from contracts.conversation import (
    DataErased,
    EmailRequested,
    SpeechRequested,
    TranscriptionRequested,
    TranslationRequested,
)
from contracts.notifier import EmailSent, ReplyDelivered
from contracts.speech import AudioSynthesized, SpeechFailed, TranscriptionReady
from contracts.translation import TranslationReady
from services.conversation.projections.catalogue import PROJECTIONS
from services.conversation.projections.chat import CHAT
from services.conversation.projections.projection import Projection
from services.conversation.projections.runner import PAGE, PASSED_OVER, Projector
from services.conversation.projections.views import ERASED, REDACTED, newest
from services.conversation.tests.conversing import START, said, unsent
from services.conversation.tests.replicas import Replica, a_stream

TRANSLATING = (said("開始"), said("聊天"), said("英文"))
SPEECH = SpeechRequested(request_id="r", answer_by=START, text="Hello", language="英文")
AUDIO = AudioSynthesized(
    request_id="r", made_at=START, model="tts", duration_ms=1_234, object_key="tts_audio/x.m4a"
)


async def rows(one: Replica, name: str, stream: str | None = None) -> list[dict[str, Any]]:
    """Return a read model's rows, brought up to date."""
    projection = PROJECTIONS[name]
    await Projector(one.pool).catch_up(projection)
    keyring = one.journal.log.keyring
    return await newest(one.pool, keyring, projection, last=100, stream=stream)


async def dump(one: Replica) -> list[str]:
    """Return every row of every read model as text, bytes and all."""
    found: list[str] = []
    for each in PROJECTIONS.values():
        found += [row[0] for row in await one.pool.fetch(f"select t::text from {each.table} t")]  # noqa: S608 (no input)
    return sorted(found)


async def asked(one: Replica, stream: str, request: Event, turn: str = "") -> CloudEvent[Any]:
    """Record a request of a turn."""
    (event,) = await one.journal.record(stream, [request], turn=turn or None) or []
    return event


async def translated(one: Replica, stream: str, message: str = "m1") -> str:
    """Translate a sentence of a conversation; return the turn."""
    await one.hear(stream, *TRANSLATING, said("量BP", message=message))
    events = await one.journal.read(stream)
    request = next(each for each in events if isinstance(each.data, TranslationRequested))
    made = TranslationReady(
        request_id=request.data.request_id,
        made_at=START,
        direction="from_chinese",
        model="gemini-x",
        prompt="translate_v1",
        input_tokens=7,
        plain="量血壓",
        translation="Check your blood pressure",
    )
    assert await one.journal.answer(request, made)
    await one.conversations.look(stream)
    return request.turn or ""


async def delivered(one: Replica, stream: str, turn: str) -> None:
    """Record that the answer of a turn was taken."""
    reply = next(each for each in await one.replies(stream) if each.turn_id == turn)
    fact = ReplyDelivered(
        reply_id=reply.reply_id, turn_id=turn, channel="reply", delivered_at=START
    )
    await one.journal.record(derived_id("delivery", stream), [fact], wakes=False)


async def test_a_turn_is_told_from_question_to_delivery(one: Replica):
    stream = a_stream()
    turn = await translated(one, stream)
    await delivered(one, stream, turn)
    *_, row = await rows(one, "chat", stream)
    assert (row["turn"], row["kind"], row["message_id"]) == (turn, "text", "m1")
    assert (row["model"], row["prompt"], row["input_tokens"]) == ("gemini-x", "translate_v1", 7)
    assert (row["mode"], row["outcome"], row["channel"]) == ("translation", "answered", "reply")
    assert (row["asked"]["text"], row["asked"]["recipient"]["user"]) == ("量BP", "U-nurse")
    assert "Check your blood pressure" in row["answer"]["answer"]["content"][-1]
    assert "reply_token" not in row["asked"]
    assert len(await rows(one, "chat")) == 4


async def test_what_was_read_aloud_says_where_its_file_is(one: Replica):
    stream = a_stream()
    request = await asked(one, stream, SPEECH)
    await one.journal.answer(request, AUDIO)
    (row,) = await rows(one, "tts", stream)
    assert (row["outcome"], row["model"], row["duration_ms"]) == ("made", "tts", 1_234)
    assert (row["asked"]["text"], row["result"]["object_key"]) == ("Hello", AUDIO.object_key)


async def test_what_could_not_be_read_aloud_says_why(one: Replica):
    request = await asked(one, a_stream(), SPEECH)
    failed = SpeechFailed(request_id="r", failed_at=START, reason="too_large")
    await one.journal.answer(request, failed)
    (row,) = await rows(one, "tts")
    assert (row["outcome"], row["failure"]) == ("failed", "too_large")
    assert "result" not in row


async def test_a_voice_message_is_told_with_what_it_said(one: Replica):
    stream = a_stream()
    (voice,) = await one.record(stream, said("", kind="audio", message="v1"))
    request = TranscriptionRequested(request_id="r", message_id="v1", answer_by=START)
    request_event = await asked(one, stream, request, voice.id)
    made = TranscriptionReady(
        request_id="r", made_at=START, model="stt", prompt="p", text="我頭痛", object_key="v.m4a"
    )
    await one.journal.answer(request_event, made)
    (row,) = await rows(one, "voicemail")
    assert (row["turn"], row["message_id"], row["model"]) == (voice.id, "v1", "stt")
    assert row["result"] == {"text": "我頭痛", "object_key": "v.m4a"}


async def test_a_mail_is_told_with_its_address(one: Replica):
    request = EmailRequested(
        request_id="r", answer_by=START, address="a@example.org", leaflet="衛教"
    )
    sent = EmailSent(request_id="r", sent_at=START, object_key="text/x.txt")
    await one.journal.answer(await asked(one, a_stream(), request), sent)
    (row,) = await rows(one, "email")
    assert (row["outcome"], row["asked"]["address"]) == ("sent", "a@example.org")
    assert row["result"]["object_key"] == "text/x.txt"


async def test_what_was_unsent_is_told_no_more(one: Replica):
    stream = a_stream()
    await translated(one, stream)
    assert (await rows(one, "chat", stream))[-1]["asked"]["text"] == "量BP"
    await one.hear(stream, unsent("m1"))
    row = (await rows(one, "chat", stream))[-1]
    assert (row["asked"], row["answer"]) == (REDACTED, REDACTED)
    sealed = "select count(*) from readmodels.chat_logs where redacted and asked is null"
    assert await one.pool.fetchval(sealed) == 1


async def test_a_message_that_comes_after_its_own_unsending_is_never_told(one: Replica):
    stream = a_stream()
    await one.hear(stream, unsent("m1"), said("量BP", message="m1"))
    (row,) = await rows(one, "chat", stream)
    assert row["asked"] == REDACTED


async def test_the_reading_of_what_was_unsent_is_told_no_more(one: Replica):
    stream = a_stream()
    await translated(one, stream)
    await one.hear(stream, said("朗讀", message="m2"))
    request = next(
        each for each in await one.journal.read(stream) if isinstance(each.data, SpeechRequested)
    )
    assert (await rows(one, "tts"))[0]["source_message_id"] == "m1"
    await one.hear(stream, unsent("m1"))
    await one.journal.answer(request, AUDIO)
    (row,) = await rows(one, "tts")
    assert (row["asked"], row["result"]) == (REDACTED, REDACTED)
    assert (await rows(one, "chat", stream))[-1]["answer"] == REDACTED


async def test_what_was_erased_does_not_open(one: Replica):
    stream = a_stream()
    await translated(one, stream)
    version = (await one.folded(stream)).version
    erased = NewEvent(id=a_stream(), event=DataErased(request_id="r", erased_at=START))
    await one.journal.erase(Erasure(stream=stream, event=erased, expected=version, key="k"))
    told = await rows(one, "chat", stream)
    assert {row["asked"] for row in told} == {row["answer"] for row in told} == {ERASED}


async def a_busy_morning(one: Replica, conversations: int = 5) -> None:
    for number in range(conversations):
        stream = a_stream()
        turn = await translated(one, stream)
        await delivered(one, stream, turn)
        await one.journal.answer(await asked(one, stream, SPEECH, turn), AUDIO)
        if number % 2:
            await one.hear(stream, unsent("m1"))


async def test_made_anew_it_is_the_same_to_the_byte(one: Replica):
    await a_busy_morning(one)
    projector = Projector(one.pool)
    for each in PROJECTIONS.values():
        await projector.catch_up(each)
    before = await dump(one)
    for each in PROJECTIONS.values():
        await projector.rebuild(each)
    assert await dump(one) == before
    assert len(before) == 25


async def test_made_while_things_happen_it_is_the_same_as_made_afterwards(
    one: Replica, other: Replica
):
    busy = asyncio.ensure_future(a_busy_morning(one))
    while not busy.done():
        for each in PROJECTIONS.values():
            await Projector(other.pool).advance(each)
    await busy
    for each in PROJECTIONS.values():
        await Projector(other.pool).catch_up(each)
    before = await dump(one)
    for each in PROJECTIONS.values():
        await Projector(one.pool).rebuild(each)
    assert await dump(one) == before


async def test_replicas_take_turns(one: Replica, other: Replica):
    await a_busy_morning(one, 2)
    steps = await asyncio.gather(
        *(Projector(each.pool).advance(CHAT) for each in (one, other) for _ in range(4))
    )
    assert set(steps) <= {"done", "busy"}
    assert "done" in steps
    assert len(await rows(one, "chat")) == 8


async def test_one_that_fails_holds_up_itself_alone(one: Replica):
    broken = Projection(
        "tts", "readmodels.tts_logs", {type(said("")): ("select 1/0 where $1 <> $1 or true",)}
    )
    await one.record(a_stream(), said("開始"))
    running = asyncio.create_task(Projector(one.pool, (broken, CHAT)).run())
    try:
        await poll(lambda: _count(one.pool, "chat"))
        assert await Projector(one.pool).lag(broken) > 0
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.wait({running})


async def _count(pool: asyncpg.Pool, name: str) -> int:
    return await pool.fetchval(f"select count(*) from readmodels.{name}_logs") or 0  # noqa: S608 (no input)


async def test_lag_is_the_age_of_what_is_missing(one: Replica):
    projector = Projector(one.pool)
    await one.record(a_stream(), said("開始"))
    assert await projector.lag(CHAT) > 0
    await projector.catch_up(CHAT)
    assert await projector.lag(CHAT) == 0


async def test_pages_follow_one_another(one: Replica):
    stream = a_stream()
    for _ in range(3):
        await one.record(stream, *[said("開始")] * (PAGE // 2))
    projector = Projector(one.pool)
    assert [await projector.advance(CHAT) for _ in range(3)] == ["more", "done", "done"]
    assert await _count(one.pool, "chat") == PAGE // 2 * 3


async def test_what_is_of_no_interest_is_passed_over(one: Replica):
    await one.pool.execute("update readmodels.checkpoints set tx = '3'")
    place = "select tx from readmodels.checkpoints where projection = 'email'"
    for _ in range(2):
        await Projector(one.pool).catch_up(PROJECTIONS["email"])
    moved = await one.pool.fetchval(place)
    now = await one.pool.fetchval("select pg_snapshot_xmin(pg_current_snapshot())")
    assert now - moved <= PASSED_OVER


async def test_without_a_database_it_is_unavailable(one: Replica):
    await one.pool.close()
    failures: Sequence[BaseException | object] = await asyncio.gather(
        Projector(one.pool).advance(CHAT), Projector(one.pool).lag(CHAT), return_exceptions=True
    )
    assert [type(each) for each in failures] == [Unavailable, Unavailable]
