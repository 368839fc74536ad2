"""The whole service on a real Postgres and a real NATS."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from chassis.app import Service, service
from chassis.settings import load
from chassis.testing import Database, poll
from contracts.conversation import SpeechRequested, TranscriptionRequested
from contracts.speech import SpeechFailed, TranscriptionFailed
from services.speech.app import run
from services.speech.settings import SpeechSettings


@pytest.fixture
def settings(postgres: Database, nats: str) -> SpeechSettings:
    environment = {
        "DATABASE_URL": postgres.service_url,
        "NATS_URL": nats,
        "HOST": "127.0.0.1",
        "GEMINI_API_KEY": "key",
        "LINE_CHANNEL_ACCESS_TOKEN": "token",
    }
    return load(SpeechSettings, environment)


@pytest.fixture
async def conversation(settings: SpeechSettings) -> AsyncGenerator[Service]:
    """Give a test somebody who asks while the service runs."""
    running = asyncio.create_task(run(settings))
    async with service("conversation", settings) as conversation:
        yield conversation
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_both_kinds_of_requests_are_settled_honestly(conversation: Service):
    stream, by = str(uuid4()), datetime.now(UTC) + timedelta(seconds=60)
    asked = [
        TranscriptionRequested(request_id="request-1", message_id="m", answer_by=by),
        SpeechRequested(request_id="request-2", answer_by=by, text="早", language="英文"),
    ]
    await conversation.journal.record(stream, asked)

    async def results() -> dict[str, str] | None:
        found = [each.data for each in await conversation.journal.read(stream, after=2)]
        failed = [each for each in found if isinstance(each, (TranscriptionFailed, SpeechFailed))]
        return {each.request_id: each.reason for each in failed} if len(failed) == 2 else None

    declined = await poll(results, within=15, what="both results")
    assert declined == {"request-1": "rejected", "request-2": "rejected"}
