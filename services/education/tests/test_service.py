"""The whole service on a real Postgres, a real NATS and the sandbox's Gemini."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from chassis.app import Service, service
from chassis.settings import load
from chassis.testing import Database, poll
from contracts.base import Event
from contracts.conversation import EducationRequested
from contracts.education import EducationReady
from sandbox.app import create
from sandbox.server import listening
from sandbox.settings import SandboxSettings
from services.education.app import run
from services.education.settings import EducationSettings


@pytest.fixture
async def address() -> AsyncGenerator[str]:
    told = SandboxSettings(
        gateway_url="http://gateway.test", channel_secret="s", channel_access_token="t"
    )
    async with listening(create(told), "127.0.0.1", 0) as (_, address):
        yield address


@pytest.fixture
def settings(postgres: Database, nats: str, address: str) -> EducationSettings:
    environment = {
        "DATABASE_URL": postgres.service_url,
        "NATS_URL": nats,
        "HOST": "127.0.0.1",
        "GEMINI_API_KEY": "key",
        "GEMINI_BASE_URL": address,
    }
    return load(EducationSettings, environment)


@pytest.fixture
async def conversation(settings: EducationSettings) -> AsyncGenerator[Service]:
    """Give a test somebody who asks while the service runs."""
    running = asyncio.create_task(run(settings))
    async with service("conversation", settings) as conversation:
        yield conversation
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_leaflet_and_its_translation_are_made_and_recorded(conversation: Service):
    stream, by = str(uuid4()), datetime.now(UTC) + timedelta(seconds=60)

    async def result_of(request: EducationRequested) -> Event:
        recorded = await conversation.journal.record(stream, [request])
        assert recorded
        after = recorded[0].version

        async def results() -> list[Event]:
            return [each.data for each in await conversation.journal.read(stream, after=after)]

        return (await poll(results, within=15, what="a result"))[0]

    topic = EducationRequested(
        request_id="request-1", task="generate", answer_by=by, source="糖尿病"
    )
    leaflet = await result_of(topic)
    assert isinstance(leaflet, EducationReady)
    assert leaflet.references
    wish = EducationRequested(
        request_id="request-2",
        task="translate",
        answer_by=by,
        source=leaflet.text,
        language="越南文",
    )
    translated = await result_of(wish)
    assert isinstance(translated, EducationReady)
    assert translated.prompt == "translate_leaflet.v1"
    assert translated.text != leaflet.text
