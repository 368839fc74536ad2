"""Dead letters as an operator handles them: on a real log and a real bus."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
from nats.aio.client import Client

from chassis.bus.wire import Packer
from chassis.dead_letters import (
    DEAD_LETTERS_STREAM,
    ERASED,
    REDACTED,
    Case,
    DeadLetterHandled,
    DeadLetters,
)
from chassis.eventlog.codec import Codec, all_events
from chassis.eventlog.log import EventLog
from chassis.journal import Journal
from chassis.tests.consuming import connected
from chassis.tests.logged import NOW, WORDS, a_stream, asked, erasure, heard
from contracts.base import CloudEvent
from contracts.catalogue import REQUESTS, SUBJECTS
from contracts.subjects import (
    CONVERSATION_STREAM,
    DEAD_PREFIX,
    TRANSLATION_REQUESTED,
    TRANSLATION_TRANSLATE,
)
from contracts.translation import TranslationFailed
from services.conversation.domain.facts import MessageRedacted

FAILED = TranslationFailed(request_id="r", failed_at=NOW, reason="late")


@dataclass
class Desk:
    """An operator's desk, and the journal of those who made the mess."""

    letters: DeadLetters
    journal: Journal
    packer: Packer
    nats: Client
    pool: asyncpg.Pool

    async def request(self) -> CloudEvent[Any]:
        """Record a request and give it up."""
        (event,) = await self.journal.record(a_stream(), [asked()], turn=a_stream()) or []
        await self.journal.park(event.id)
        return event

    async def bury(self, body: bytes) -> Case:
        """Write a letter; return the one that there is then."""
        headers = {"Dead-Subject": TRANSLATION_REQUESTED, "Dead-Error": "LookupError"}
        subject = DEAD_PREFIX + TRANSLATION_TRANSLATE
        ack = await self.nats.jetstream().publish(subject, body, headers=headers)
        case = await self.letters.case(ack.seq)
        assert case is not None
        return case

    async def buried(self, event: CloudEvent[Any]) -> Case:
        return await self.bury(await self.packer.pack(event))

    async def waiting(self) -> list[Case]:
        return [case async for case in self.letters.cases()]

    async def outbox(self) -> list[bool]:
        """Tell of each request that is owed whether it is to be published."""
        find = "select next_publish_at < now() + interval '1 minute' as due from eventlog.outbox"
        return [row["due"] for row in await self.pool.fetch(find)]

    async def sent(self) -> list[dict[str, str]]:
        """Return the headers of the conversation's messages on the bus that were sent again."""
        await self.nats.flush()
        state = (await self.nats.jsm().stream_info(CONVERSATION_STREAM)).state
        numbers = range(1, state.last_seq + 1)
        found = [await self.nats.jsm().get_msg(CONVERSATION_STREAM, each) for each in numbers]
        return [each.headers or {} for each in found if "Retry-For" in (each.headers or {})]

    async def deeds(self) -> list[str]:
        log = EventLog(self.pool, Codec([DeadLetterHandled]), source="/test", requests={})
        events = await log.read(DEAD_LETTERS_STREAM)
        return [f"{event.data.deed} by {event.data.by}" for event in events]


@pytest.fixture
async def desk(pool: asyncpg.Pool, nats: str) -> AsyncGenerator[Desk]:
    codec = Codec(all_events(SUBJECTS, [MessageRedacted]))
    requests = {event: SUBJECTS[event] for event in REQUESTS}
    log = EventLog(pool, codec, source="/test", requests=requests)
    packer = Packer(log, codec)
    async with connected(nats) as client:
        journal = Journal(log, client, pool, subjects=SUBJECTS)
        yield Desk(DeadLetters(client, pool, by="ops"), journal, packer, client, pool)


async def test_a_request_that_nobody_was_told_of_is_owed(desk: Desk):
    request = await desk.request()
    case = await desk.buried(request)
    assert (case.state, case.event_id, case.is_readable) == ("owed", request.id, True)
    assert case.event is not None
    assert (case.event.turn, case.event.stream) == (request.turn, request.stream)


async def test_a_request_that_has_its_result_is_settled(desk: Desk):
    request = await desk.request()
    await desk.journal.answer(request, FAILED)
    assert (await desk.buried(request)).state == "settled"


async def test_what_is_no_request_is_news(desk: Desk):
    (said,) = await desk.journal.record(a_stream(), [heard()]) or []
    assert (await desk.buried(said)).state == "news"


@pytest.mark.parametrize("body", [b"\xff", b"{}", b""])
async def test_what_is_no_event_is_foreign(desk: Desk, body: bytes):
    case = await desk.bury(body)
    assert (case.state, case.event, case.event_id) == ("foreign", None, "")
    assert await desk.letters.opened(case) == body.decode(errors="backslashreplace")


async def test_an_event_that_is_not_in_the_log_is_foreign(desk: Desk):
    request = await desk.request()
    strange = msgspec.json.decode(await desk.packer.pack(request))
    for change in ({"id": a_stream()}, {"id": "no uuid"}, {"id": "no uuid", "stream": "none"}):
        case = await desk.bury(msgspec.json.encode(strange | change))
        assert case.state == "foreign"
        await desk.letters.drop(case)


async def test_sent_again_it_goes_to_its_consumer_and_is_owed_again(desk: Desk):
    case = await desk.buried(await desk.request())
    assert await desk.outbox() == [False]
    assert await desk.letters.retry(case)
    assert [each["Retry-For"] for each in await desk.sent()] == [TRANSLATION_TRANSLATE]
    assert (await desk.outbox(), await desk.waiting()) == ([True], [])
    assert await desk.deeds() == ["retried by ops"]


async def test_sending_it_again_twice_sends_it_once(desk: Desk):
    case = await desk.buried(await desk.request())
    for _ in range(2):
        await desk.letters.retry(case)
    assert (len(await desk.sent()), await desk.deeds()) == (1, ["retried by ops"])


async def test_what_was_apologised_for_is_removed_and_not_sent(desk: Desk):
    request = await desk.request()
    await desk.journal.answer(request, FAILED)
    assert not await desk.letters.retry(await desk.buried(request))
    assert (await desk.sent(), await desk.waiting()) == ([], [])


async def test_dropped_it_is_owed_to_nobody_any_more(desk: Desk):
    case = await desk.buried(await desk.request())
    await desk.letters.drop(case)
    assert (await desk.outbox(), await desk.waiting()) == ([], [])
    assert await desk.deeds() == ["dropped by ops"]


async def test_what_a_user_said_is_opened_on_record_and_without_tokens(desk: Desk):
    (said,) = await desk.journal.record(a_stream(), [heard()]) or []
    content = await desk.letters.opened(await desk.buried(said))
    assert isinstance(content, dict)
    assert (content["text"], "reply_token" in content) == (WORDS, False)
    assert await desk.deeds() == ["opened by ops"]


async def test_what_a_user_has_had_erased_is_unreadable_and_can_be_dropped(desk: Desk):
    request = await desk.request()
    body = await desk.packer.pack(request)
    await desk.journal.erase(erasure(request.stream, 1))
    case = await desk.bury(body)
    assert (case.is_readable, case.state) == (False, "settled")
    assert await desk.letters.opened(case) == ERASED
    await desk.letters.drop(case)
    assert await desk.waiting() == []


async def test_what_a_user_took_back_is_not_shown(desk: Desk):
    said = replace(heard(), message_id="M1")
    (first,) = await desk.journal.record(a_stream(), [said]) or []
    (request,) = await desk.journal.record(first.stream, [asked()], turn=first.id) or []
    await desk.journal.record(first.stream, [MessageRedacted(message_id="M1")])
    for event in (first, request):
        assert await desk.letters.opened(await desk.buried(event)) == REDACTED


async def test_what_was_given_up_is_told_of_though_the_bus_has_lost_its_letter(desk: Desk):
    kept, lost = await desk.request(), await desk.request()
    case = await desk.buried(kept)
    (found,) = await desk.letters.lost()
    assert (found.event_id, found.subject) == (lost.id, TRANSLATION_REQUESTED)
    await desk.letters.revive(found)
    assert sorted(await desk.outbox()) == [False, True]
    await desk.letters.drop(case)
    assert await desk.letters.lost() == []


async def test_its_deeds_are_on_a_stream_that_no_conversation_wakes_for(desk: Desk):
    await desk.letters.drop(await desk.bury(b"no event"))
    find = "select pending_since from eventlog.streams where stream = $1"
    assert await desk.pool.fetchval(find, UUID(DEAD_LETTERS_STREAM)) is None
