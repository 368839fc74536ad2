"""The whole service on a real Postgres, a real NATS and the sandbox's Gemini."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from chassis.app import Service, service
from chassis.settings import load
from chassis.testing import Database, poll
from contracts.base import CloudEvent, Event
from contracts.conversation import TranslationRequested
from contracts.translation import TranslationFailed, TranslationReady
from sandbox.app import create
from sandbox.server import listening
from sandbox.settings import SandboxSettings
from services.translation.app import run
from services.translation.settings import TranslationSettings

ROOT = Path(__file__).parents[3]
MODEL_SECONDS = 0.5
OWED = "select count(*) from eventlog.outbox"


@pytest.fixture
async def model() -> AsyncGenerator[httpx.AsyncClient]:
    told = SandboxSettings(
        gateway_url="http://gateway.test",
        channel_secret="s",
        channel_access_token="t",
        gemini_seconds=MODEL_SECONDS,
    )
    async with (
        listening(create(told), "127.0.0.1", 0) as (_, address),
        httpx.AsyncClient(base_url=address, trust_env=False) as http,
    ):
        yield http


@pytest.fixture
def settings(postgres: Database, nats: str, model: httpx.AsyncClient) -> TranslationSettings:
    environment = {
        "DATABASE_URL": postgres.service_url,
        "NATS_URL": nats,
        "HOST": "127.0.0.1",
        "GEMINI_API_KEY": "key",
        "GEMINI_BASE_URL": str(model.base_url),
        "GEMINI_REQUESTS_PER_MINUTE": "0",
    }
    return load(TranslationSettings, environment)


@pytest.fixture
async def conversation(settings: TranslationSettings) -> AsyncGenerator[Service]:
    """Give a test somebody who asks."""
    async with service("conversation", settings) as conversation:
        yield conversation


@asynccontextmanager
async def replicas(settings: TranslationSettings, count: int) -> AsyncGenerator[None]:
    tasks = [asyncio.create_task(run(settings)) for _ in range(count)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def process(settings: TranslationSettings) -> asyncio.subprocess.Process:
    """Start a replica of its own, as in production."""
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": settings.database_url,
        "NATS_URL": settings.nats_url,
        "HOST": settings.host,
        "GEMINI_API_KEY": "key",
        "GEMINI_BASE_URL": settings.gemini_base_url,
    }
    command = (sys.executable, "-m", "cli", "run", "translation")
    return await asyncio.create_subprocess_exec(*command, env=environment, cwd=ROOT)


async def ask(conversation: Service, text: str) -> str:
    """Record a request in a conversation of its own and return that conversation."""
    stream = str(uuid4())
    request = TranslationRequested(
        request_id=str(uuid4()),
        answer_by=datetime.now(UTC) + timedelta(seconds=60),
        text=text,
        language="英文",
    )
    await conversation.journal.record(stream, [request])
    return stream


async def results(conversation: Service, *streams: str) -> list[list[CloudEvent[Event]]]:
    """Return what stands in each stream after its request, once all requests are settled."""

    async def all_settled() -> bool:
        return await conversation.pool.fetchval(OWED) == 0

    await poll(all_settled, within=30, what="a result of every request")
    return [(await conversation.journal.read(stream))[1:] for stream in streams]


@pytest.mark.slow
async def test_two_replicas_translate_many_conversations_at_once_and_each_once(
    settings: TranslationSettings, conversation: Service, model: httpx.AsyncClient
):
    async with replicas(settings, 2):
        streams = [await ask(conversation, f"空腹 {number} 小時") for number in range(40)]
        found = await results(conversation, *streams)
    assert [[type(each.data) for each in result] for result in found] == [[TranslationReady]] * 40
    for number, (ready,) in enumerate(found):
        assert isinstance(ready.data, TranslationReady)
        assert f"{number} 小時" in ready.data.plain
    assert (await model.get("/sandbox/model-calls")).json()["count"] == 40


@pytest.mark.parametrize(("status", "reason"), [(400, "rejected"), (403, "unavailable")])
async def test_a_refused_request_is_answered_with_its_reason(
    settings: TranslationSettings,
    conversation: Service,
    model: httpx.AsyncClient,
    status: int,
    reason: str,
):
    await model.post("/sandbox/faults", json={"upstream": "gemini", "mode": f"status:{status}"})
    async with replicas(settings, 1):
        ((failed,),) = await results(conversation, await ask(conversation, "空腹"))
    assert isinstance(failed.data, TranslationFailed)
    assert failed.data.reason == reason
    assert failed.cause


@pytest.mark.slow
async def test_a_call_in_hand_at_the_end_of_a_replica_goes_to_the_next(
    settings: TranslationSettings, conversation: Service, model: httpx.AsyncClient
):
    async def calls() -> int:
        return (await model.get("/sandbox/model-calls")).json()["count"]

    await model.post("/sandbox/faults", json={"upstream": "gemini", "mode": "hang", "count": 1})
    leaving = await process(settings)
    stream = await ask(conversation, "空腹")
    await poll(calls, within=20, what="the call that hangs")
    leaving.terminate()
    assert await asyncio.wait_for(leaving.wait(), 10) == 0
    async with replicas(settings, 1):
        ((ready,),) = await results(conversation, stream)
    assert isinstance(ready.data, TranslationReady)
    assert await calls() == 2
