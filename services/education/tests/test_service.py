"""The whole service on a real Postgres, a real NATS and the sandbox's Gemini."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
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


async def result_of(conversation: Service, stream: str, request: EducationRequested) -> Event:
    """Ask for something and return what comes of it."""
    recorded = await conversation.journal.record(stream, [request])
    assert recorded
    after = recorded[0].version

    async def results() -> list[Event]:
        return [each.data for each in await conversation.journal.read(stream, after=after)]

    return (await poll(results, within=15, what="a result"))[0]


def topic(request_id: str = "request-1") -> EducationRequested:
    by = datetime.now(UTC) + timedelta(seconds=60)
    return EducationRequested(request_id=request_id, task="generate", answer_by=by, source="糖尿病")


async def test_a_leaflet_and_its_translation_are_made_and_recorded(conversation: Service):
    stream = str(uuid4())
    leaflet = await result_of(conversation, stream, topic())
    assert isinstance(leaflet, EducationReady)
    assert leaflet.references
    wish = replace(topic("request-2"), task="translate", source=leaflet.text, language="越南文")
    translated = await result_of(conversation, stream, wish)
    assert isinstance(translated, EducationReady)
    assert translated.prompt == "translate_leaflet.v1"
    assert translated.text != leaflet.text


async def test_who_asks_for_the_same_topic_reads_the_same_leaflet_though_the_model_is_down(
    conversation: Service, address: str
):
    fresh = await result_of(conversation, str(uuid4()), topic())
    async with httpx.AsyncClient(base_url=address, trust_env=False) as http:
        fault = {"upstream": "gemini", "mode": "status:503"}
        (await http.post("/sandbox/faults", json=fault)).raise_for_status()
    again = await result_of(conversation, str(uuid4()), topic())
    assert isinstance(fresh, EducationReady)
    assert isinstance(again, EducationReady)
    assert (fresh.cached, again.cached) == (False, True)
    made = replace(fresh, cached=True, input_tokens=0, output_tokens=0, made_at=again.made_at)
    assert again == made
