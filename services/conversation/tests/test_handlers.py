"""The running service: every input there is reaches the decider, whoever recorded it."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from chassis.settings import load
from chassis.testing import Database, poll
from contracts.base import CloudEvent
from contracts.catalogue import SUBJECTS
from contracts.conversation import DataRequested, EducationRequested
from contracts.education import EducationReady
from services.conversation import handlers
from services.conversation.app import run
from services.conversation.domain import INPUTS
from services.conversation.settings import ConversationSettings
from services.conversation.tests.conversing import LEAFLET, START, said
from services.conversation.tests.replicas import Replica, a_stream


@pytest.fixture
async def running(postgres: Database, nats: str) -> AsyncGenerator["asyncio.Task[None]"]:
    """Run the service as `mededbot run conversation` does."""
    environment = {"DATABASE_URL": postgres.service_url, "NATS_URL": nats, "HOST": "127.0.0.1"}
    task = asyncio.create_task(run(load(ConversationSettings, environment)))
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def request_in(one: Replica, stream: str) -> CloudEvent[EducationRequested] | None:
    events = await one.journal.read(stream)
    return next((each for each in events if isinstance(each.data, EducationRequested)), None)


def test_every_input_of_a_conversation_has_a_handler():
    consumed = {
        subject for each in handlers.router.consumptions for subject in each.subscription.subjects
    }
    work = SUBJECTS[DataRequested]
    assert consumed - {work} == {SUBJECTS[event] for event in INPUTS}


async def test_what_is_said_and_made_is_answered(running: "asyncio.Task[None]", one: Replica):
    stream = a_stream()
    await one.record(stream, said("開始"), said("衛教"), said("糖尿病"))
    asked = await poll(lambda: request_in(one, stream), within=20)
    assert not running.done()
    made = EducationReady(
        request_id=asked.data.request_id, made_at=START, model="m", prompt="p", text=LEAFLET
    )
    assert await one.journal.answer(asked, made)

    async def is_answered() -> bool:
        return len(await one.replies(stream)) == 3

    await poll(is_answered)
    assert (await one.replies(stream))[-1].answer.content == (LEAFLET,)
