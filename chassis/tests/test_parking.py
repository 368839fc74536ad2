"""What was given up: its letter, its request's end, an alert, and nobody else disturbed."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest

from chassis.alerts import ALERTS_STREAM
from chassis.app import Service, service
from chassis.bus.letters import Letter, Letters
from chassis.errors import Unavailable
from chassis.router import Router
from chassis.settings import ServiceSettings, load
from chassis.testing import Database, poll
from chassis.tests.consuming import QUICK
from chassis.tests.logged import NOW, a_stream, asked, heard
from contracts import subjects
from contracts.base import CloudEvent
from contracts.conversation import MessageParked, TranslationRequested
from contracts.notifier import AlertRaised
from contracts.translation import TranslationFailed

FAILED = TranslationFailed(request_id="r", failed_at=NOW, reason="late")
Handle = Callable[[CloudEvent[TranslationRequested]], Awaitable[None]]


class Bench:
    """A service whose handler does as a test says, and fails if it says nothing."""

    def __init__(self, app: Service) -> None:
        self.app = app
        self.letters = Letters(app.nats)
        self.handle: Handle = _fail

    async def ask(self) -> CloudEvent[TranslationRequested]:
        """Record a request, which is published."""
        (request,) = await self.app.journal.record(a_stream(), [asked()]) or []
        return request

    async def buried(self) -> Letter:
        """Wait for the first letter."""
        return await poll(lambda: self.letters.get(1), within=10)

    async def publish(self, body: bytes) -> None:
        """Put anything on the handler's subject."""
        await self.app.nats.jetstream().publish(subjects.TRANSLATION_REQUESTED, body)

    async def owed(self) -> int:
        return await self.app.pool.fetchval("select count(*) from eventlog.outbox") or 0

    async def parked(self, stream: str) -> list[MessageParked]:
        """Return what a stream was told of."""
        events = await self.app.journal.read(stream)
        return [each.data for each in events if isinstance(each.data, MessageParked)]

    async def alerts(self) -> list[str]:
        events = await self.app.journal.read(ALERTS_STREAM)
        raised = [each.data for each in events if isinstance(each.data, AlertRaised)]
        return [f"{alert.name} {alert.upstream}" for alert in raised]


async def _accept(_: object) -> None:
    return


async def _fail(_: object) -> None:
    raise LookupError("a patient's words")


@pytest.fixture
async def bench(postgres: Database, nats: str) -> AsyncGenerator[Bench]:
    environment = {
        "DATABASE_URL": postgres.service_url,
        "NATS_URL": nats,
        "HOST": "127.0.0.1",
        "HEALTH_PORT": "0",
    }
    async with serving(load(ServiceSettings, environment)) as bench:
        yield bench


@asynccontextmanager
async def serving(settings: ServiceSettings) -> AsyncGenerator[Bench]:
    """Run the service until the block ends, then let it drain."""
    async with service("translation", settings) as app:
        bench = Bench(app)
        app.provide("bench", bench)
        app.include(_router())
        serves = asyncio.create_task(app.serve())
        await poll(lambda: app.health.consuming or serves.done())
        yield bench
        os.kill(os.getpid(), signal.SIGTERM)
        await serves


def _router() -> Router:
    router = Router()

    @router.consumes(
        subjects.TRANSLATION_REQUESTED,
        stream=subjects.CONVERSATION_STREAM,
        consumer=subjects.TRANSLATION_TRANSLATE,
        timing=QUICK,
    )
    async def translate(asked: CloudEvent[TranslationRequested], bench: Bench) -> None:
        await bench.handle(asked)

    assert callable(translate)
    return router


async def test_a_request_that_is_given_up_has_its_failure_as_its_result_at_once(bench: Bench):
    request = await bench.ask()
    await poll(lambda: bench.parked(request.stream), within=10)
    assert [each.event_id for each in await bench.parked(request.stream)] == [request.id]
    assert await bench.owed() == 0


async def test_its_letter_says_why_and_where_and_never_what(bench: Bench):
    await bench.ask()
    letter = await bench.buried()
    assert (letter.consumer, letter.error, letter.tries) == (
        subjects.TRANSLATION_TRANSLATE,
        "LookupError",
        5,
    )
    assert letter.place.startswith("chassis.tests.test_parking:")


async def test_a_result_after_that_is_one_too_many(bench: Bench):
    request = await bench.ask()
    await poll(lambda: bench.parked(request.stream), within=10)
    assert not await bench.app.journal.answer(request, FAILED)


async def test_a_letter_that_is_sent_again_after_a_fix_completes_its_request(bench: Bench):
    request = await bench.ask()
    (letter,) = [await bench.buried()]
    done: list[str] = []

    async def repaired(event: CloudEvent[TranslationRequested]) -> None:
        done.append(event.id)

    bench.handle = repaired
    await bench.letters.send_again(letter)
    await poll(lambda: done == [request.id])


async def test_one_alert_a_day_tells_of_a_consumer_however_much_it_gives_up(bench: Bench):
    for _ in range(3):
        await bench.ask()
    await poll(lambda: bench.letters.get(3), within=10)
    await poll(bench.alerts)
    assert await bench.alerts() == [f"DeadLetters {subjects.TRANSLATION_TRANSLATE}"]


@pytest.mark.parametrize("body", [b"\xff not JSON", b'{"id":"no uuid"}', b"{}"])
async def test_what_is_no_event_is_a_letter_and_nobody_else_notices(bench: Bench, body: bytes):
    done: list[str] = []

    async def handle(event: CloudEvent[TranslationRequested]) -> None:
        done.append(event.id)

    bench.handle = handle
    await bench.publish(body)
    request = await bench.ask()
    letter = await bench.buried()
    assert (letter.body, done, await bench.owed()) == (body, [request.id], 1)


async def test_an_event_of_a_later_version_is_not_passed_over(bench: Bench):
    request = await bench.ask()
    body = msgspec.json.decode(await bench.app.packer.pack(request)) | {"schemaversion": 99}
    bench.handle = _accept
    await bench.publish(msgspec.json.encode(body))
    assert (await bench.buried()).error == "NotUnderstood"
    await poll(lambda: bench.parked(request.stream))


async def test_an_event_that_is_not_in_the_log_is_told_to_nobody(bench: Bench):
    request = await bench.ask()
    stranger = a_stream()
    body = msgspec.json.decode(await bench.app.packer.pack(request))
    body |= {"id": a_stream(), "stream": stranger}
    await bench.publish(msgspec.json.encode(body))
    await poll(lambda: bench.letters.get(2), within=10)
    assert await bench.app.journal.read(stranger) == []


async def test_what_no_conversation_waits_for_is_parked_and_told_to_nobody(bench: Bench):
    (said,) = await bench.app.journal.record(a_stream(), [heard()]) or []
    await bench.app.parking.park("a consumer", await bench.app.packer.pack(said))
    assert [each.id for each in await bench.app.journal.read(said.stream)] == [said.id]


async def test_a_service_may_say_what_is_done_instead(bench: Bench):
    told: list[bytes] = []

    async def last_word(body: bytes) -> None:
        told.append(body)

    bench.app.parking.instead("a consumer", last_word)
    (request,) = await bench.app.journal.record(a_stream(), [asked()]) or []
    body = await bench.app.packer.pack(request)
    await bench.app.parking.park("a consumer", body)
    due = await bench.app.pool.fetchval("select next_publish_at = 'infinity' from eventlog.outbox")
    assert (told, due) == ([body], True)


async def test_without_a_database_it_is_parked_later(bench: Bench):
    request = await bench.ask()
    body = await bench.app.packer.pack(request)
    bench.app.pool.terminate()
    with pytest.raises(Unavailable):
        await bench.app.parking.park("a consumer", body)
