"""A service as a whole: handlers run, faults are told apart, and it ends as it should."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

import asyncpg
import httpx
import nats as nats_py
import pytest
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from chassis.app import Service, ServiceBroken, service
from chassis.errors import Unavailable
from chassis.router import Router
from chassis.settings import ServiceSettings, load
from chassis.testing import Database, poll
from chassis.tests.logged import NOW, WORDS, a_stream, asked, erasure, heard
from cli.network import free_port
from contracts import subjects
from contracts.base import CloudEvent
from contracts.conversation import TranslationRequested
from contracts.translation import TranslationFailed

FAILED = TranslationFailed(request_id="r", failed_at=NOW, reason="late")
Do = Callable[[CloudEvent[TranslationRequested]], Awaitable[None]]


class Translator(Protocol):
    """What the test's handler is given besides its event."""

    async def translate(self, asked: CloudEvent[TranslationRequested]) -> None: ...


class Notes:
    """Keeps what it is given, and does with it as a test says."""

    def __init__(self) -> None:
        self.given: list[CloudEvent[TranslationRequested]] = []
        self.do: list[Do] = []

    async def translate(self, asked: CloudEvent[TranslationRequested]) -> None:
        self.given.append(asked)
        if self.do:
            await self.do.pop(0)(asked)


def a_router() -> Router:
    """Return a router of the test's own: including one ties it to its service."""
    router = Router()

    @router.consumes(
        subjects.TRANSLATION_REQUESTED,
        stream=subjects.CONVERSATION_STREAM,
        consumer=subjects.TRANSLATION_TRANSLATE,
    )
    async def translate(asked: CloudEvent[TranslationRequested], translator: Translator) -> None:
        await translator.translate(asked)

    assert callable(translate)
    return router


@pytest.fixture
def settings(postgres: Database, nats: str) -> ServiceSettings:
    return load(ServiceSettings, environment(postgres, nats))


def environment(postgres: Database, nats: str, port: int = 0) -> dict[str, str]:
    return {
        "DATABASE_URL": postgres.service_url,
        "NATS_URL": nats,
        "HOST": "127.0.0.1",
        "HEALTH_PORT": str(port),
    }


@asynccontextmanager
async def serving(settings: ServiceSettings, notes: Notes) -> AsyncGenerator[Service]:
    """Run a service until the block ends, then let it drain."""
    async with service("translation", settings) as app:
        app.provide("translator", notes)
        app.include(a_router())
        serves = asyncio.create_task(app.serve())
        await poll(lambda: app.health.consuming or serves.done())
        yield app
        os.kill(os.getpid(), signal.SIGTERM)
        await serves


async def has_settled(app: Service) -> bool:
    return await app.pool.fetchval("select count(*) from eventlog.outbox") == 0


async def test_a_handler_gets_the_event_as_it_is_on_record(settings: ServiceSettings):
    notes = Notes()
    async with serving(settings, notes) as app:
        recorded = await app.journal.record(a_stream(), [asked()])
        await poll(lambda: notes.given == recorded)
        assert notes.given[0].data.text == WORDS


async def test_a_result_is_recorded_though_the_first_try_found_something_away(
    settings: ServiceSettings,
):
    notes = Notes()
    async with serving(settings, notes) as app:

        async def away(_: object) -> None:
            raise Unavailable("the model")

        async def answer(event: CloudEvent[TranslationRequested]) -> None:
            await app.journal.answer(event, FAILED)

        notes.do = [away, answer]
        (request,) = await app.journal.record(a_stream(), [asked()]) or []
        await poll(lambda: has_settled(app))
        assert [each.data for each in await app.journal.read(request.stream)][1:] == [FAILED]
        assert notes.given == [request, request]


async def test_a_key_destroyed_elsewhere_leaves_its_memory(settings: ServiceSettings):
    async with serving(settings, Notes()) as app, service("education", settings) as other:
        (said,) = await app.journal.record(a_stream(), [heard()]) or []
        keyring = app.journal.log.keyring
        assert keyring.known(said.stream)
        assert await other.journal.erase(erasure(said.stream, 1))
        await poll(lambda: keyring.known(said.stream) is None)
        assert (await app.journal.read(said.stream))[0].data.text == ""


async def test_told_to_stop_it_finishes_what_is_in_hand(settings: ServiceSettings):
    notes, go_on = Notes(), asyncio.Event()

    async def wait(event: CloudEvent[TranslationRequested]) -> None:
        await go_on.wait()
        await app.journal.answer(event, FAILED)

    notes.do = [wait]
    async with serving(settings, notes) as app:
        await app.journal.record(a_stream(), [asked()])
        await poll(lambda: notes.given)
        asyncio.get_running_loop().call_later(0.2, go_on.set)
    async with service("translation", settings) as later:
        assert await has_settled(later)


async def test_a_background_task_that_ends_stops_the_service_loudly(settings: ServiceSettings):
    async def soon() -> None:
        return

    async with service("translation", settings) as app:
        app.spawn(soon, "a task of ours")
        with pytest.raises(ServiceBroken, match="a task of ours"):
            await app.serve()


async def test_a_task_that_overhears_its_cancellation_is_told_again(settings: ServiceSettings):
    overheard: list[bool] = []

    async def stubborn() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        overheard.append(True)
        await asyncio.Event().wait()

    async with asyncio.timeout(10), service("translation", settings) as app:
        app.spawn(stubborn, "a task of ours")
        await poll(lambda: app.health.parts["database"])
    assert overheard == [True]


async def test_a_consumer_that_cannot_begin_stops_the_service_loudly(
    settings: ServiceSettings, nats: str
):
    client = await nats_py.connect(nats)
    async with service("translation", settings) as app:
        app.provide("translator", Notes())
        app.include(a_router())
        await client.jsm().delete_stream(subjects.CONVERSATION_STREAM)
        await client.close()
        with pytest.raises(NotFoundError):
            await app.serve()


async def test_a_handler_that_nobody_supplies_is_found_at_once(settings: ServiceSettings):
    async with service("translation", settings) as app:
        with pytest.raises(LookupError, match="translator"):
            app.include(a_router())


async def test_a_service_that_is_cancelled_consumes_no_more(settings: ServiceSettings):
    before = set(asyncio.all_tasks())
    async with service("translation", settings) as app:
        app.provide("translator", Notes())
        app.include(a_router())
        serves = asyncio.create_task(app.serve())
        await poll(lambda: app.health.consuming)
        serves.cancel()
        await asyncio.gather(serves, return_exceptions=True)
    await poll(lambda: asyncio.all_tasks() <= before)


async def get(port: int, route: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(f"http://127.0.0.1:{port}{route}")


async def is_ready(port: int) -> bool:
    return (await get(port, "/health/ready")).status_code == 200


async def test_it_tells_its_health_by_http_and_on_the_bus(postgres: Database, nats: str):
    port = free_port()
    settings = load(ServiceSettings, environment(postgres, nats, port))
    heartbeats = await _listening(nats)
    async with serving(settings, Notes()):
        await poll(lambda: is_ready(port))
        ready = (await get(port, "/health/ready")).json()
        assert ready == {"ready": True, "database": True, "bus": True}
        assert (await get(port, "/health/live")).text == "ok"
        assert 'build_info{service="translation"' in (await get(port, "/metrics")).text
        await poll(lambda: any(b'"ready": true' in each for each in heartbeats.heard))
    await heartbeats.client.close()


async def test_it_is_not_ready_before_it_consumes(postgres: Database, nats: str):
    port = free_port()
    async with service(
        "translation", load(ServiceSettings, environment(postgres, nats, port))
    ) as app:
        await poll(lambda: all(app.health.parts.values()))
        answer = await get(port, "/health/ready")
        assert (answer.status_code, answer.json()["ready"]) == (503, False)


async def test_it_is_not_ready_without_its_database(
    postgres: Database, nats: str, owner: asyncpg.Connection
):
    port = free_port()
    settings = load(ServiceSettings, environment(postgres, nats, port))
    async with serving(settings, Notes()) as app:
        await poll(lambda: is_ready(port))
        app.pool.terminate()
        await poll(lambda: _is_not_ready(port))
        assert (await get(port, "/health/live")).status_code == 200


async def _is_not_ready(port: int) -> bool:
    answer = await get(port, "/health/ready")
    return answer.status_code == 503 and answer.json()["database"] is False


class _Heartbeats:
    def __init__(self, client: Client) -> None:
        self.client = client
        self.heard: list[bytes] = []

    async def hear(self, message: Any) -> None:
        self.heard.append(message.data)


async def _listening(url: str) -> _Heartbeats:
    heartbeats = _Heartbeats(await nats_py.connect(url))
    await heartbeats.client.subscribe("health.translation", cb=heartbeats.hear)
    await heartbeats.client.flush()
    return heartbeats
