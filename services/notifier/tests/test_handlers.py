"""Whole notifiers on a real Postgres and a real NATS."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY

from chassis.alerts import ALERTS_STREAM
from chassis.app import Service, service
from chassis.decider import derived_id
from chassis.links import open_links
from chassis.settings import load
from chassis.testing import Database, poll
from contracts.answer import Answer, Audio
from contracts.notifier import ReplyDelivered
from services.notifier.app import run
from services.notifier.settings import NotifierSettings
from services.notifier.tests.given import STREAM, reply_requested, work_started
from services.notifier.tests.line_server import LineServer, line_server

OWED = "select count(*) from eventlog.outbox"


@pytest.fixture
async def line() -> AsyncGenerator[LineServer]:
    async with line_server() as server:
        yield server


@pytest.fixture
def settings(postgres: Database, nats: str, line: LineServer) -> NotifierSettings:
    environment = {
        "DATABASE_URL": postgres.service_url,
        "NATS_URL": nats,
        "HOST": "127.0.0.1",
        "LINE_API_BASE_URL": line.url,
        "LINE_CHANNEL_ACCESS_TOKEN": "token",
        "BASE_URL": "https://bot.tw",
    }
    return load(NotifierSettings, environment)


@pytest.fixture
async def conversation(settings: NotifierSettings) -> AsyncGenerator[Service]:
    """Give a test somebody who asks for answers."""
    async with service("conversation", settings) as conversation:
        yield conversation


@asynccontextmanager
async def replicas(settings: NotifierSettings, count: int) -> AsyncGenerator[None]:
    tasks = [asyncio.create_task(run(settings)) for _ in range(count)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def ask(conversation: Service, *turns: str) -> None:
    """Record requests to answer these turns, in this order, all at once."""
    good_until = datetime.now(UTC) + timedelta(seconds=50)
    asked = [
        reply_requested(each, reply_token=each, token_good_until=good_until).data for each in turns
    ]
    await conversation.journal.record(STREAM, asked)


async def all_settled(conversation: Service) -> bool:
    return await conversation.pool.fetchval(OWED) == 0


async def test_an_answer_that_is_asked_for_is_delivered_and_recorded(
    settings: NotifierSettings, line: LineServer, conversation: Service
):
    async with replicas(settings, 1):
        await ask(conversation, "t1")
        await poll(lambda: all_settled(conversation), within=10)
    assert [body["replyToken"] for _, _, body in line.requests] == ["t1"]
    recorded = await conversation.journal.read(derived_id("delivery", STREAM))
    assert [type(each.data) for each in recorded] == [ReplyDelivered]
    assert recorded[0].data.turn_id == derived_id("t1")


@pytest.mark.slow
async def test_two_replicas_deliver_one_conversation_once_and_in_order(
    settings: NotifierSettings, line: LineServer, conversation: Service
):
    turns = [f"t{number}" for number in range(12)]
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(replicas(settings, 2))
        await ask(conversation, *turns)
        await poll(lambda: all_settled(conversation), within=30)
    assert [body["replyToken"] for _, _, body in line.requests] == turns


async def test_work_that_takes_longer_is_shown(
    settings: NotifierSettings, line: LineServer, conversation: Service
):
    started = work_started(answer_by=datetime.now(UTC) + timedelta(seconds=60)).data
    async with replicas(settings, 1):
        await conversation.journal.record(STREAM, [started])
        await poll(lambda: line.requests, within=10)
    assert line.requests[0][0] == "/v2/bot/chat/loading/start"


async def test_word_that_it_takes_longer_is_settled_and_its_answer_comes_after_it(
    settings: NotifierSettings, line: LineServer, conversation: Service
):
    good_until = datetime.now(UTC) + timedelta(seconds=50)
    word = reply_requested(final=False, reply_token="rt", token_good_until=good_until).data
    word = replace(word, reply_id=derived_id("word"))
    async with replicas(settings, 1):
        await conversation.journal.record(STREAM, [word, reply_requested(reply_token="").data])
        await poll(lambda: all_settled(conversation), within=10)
    sends = [path for path, _, _ in line.requests if "/message/" in path]
    assert sends == ["/v2/bot/message/reply", "/v2/bot/message/push"]
    recorded = await conversation.journal.read(derived_id("delivery", STREAM))
    assert [each.data.final for each in recorded] == [False, True]


async def test_speech_is_played_from_an_address_that_the_gateway_verifies(
    settings: NotifierSettings, line: LineServer, conversation: Service
):
    key = f"tts_audio/{STREAM}/{uuid4()}.m4a"
    answer = Answer(main="主", audio=Audio(object_key=key, duration_ms=900))
    async with replicas(settings, 1):
        asked = reply_requested(answer=answer, reply_token="").data
        await conversation.journal.record(STREAM, [asked])
        await poll(lambda: all_settled(conversation), within=10)
    address = line.requests[0][2]["messages"][0]["originalContentUrl"]
    links = await open_links(conversation.pool, lifetime=timedelta(hours=1))
    assert address.startswith("https://bot.tw/audio/")
    assert links.verify(address.rpartition("/")[2], datetime.now(UTC)) == key


async def test_a_message_is_marked_as_read_where_that_is_done_by_hand(
    settings: NotifierSettings, line: LineServer, conversation: Service
):
    names = {"userId": "U", "basicId": "@bot", "displayName": "Bot"}
    line.knows["/v2/bot/info"] = {**names, "chatMode": "chat", "markAsReadMode": "manual"}
    asked = reply_requested(read_token="mt", reply_token="").data
    async with replicas(settings, 1):
        await conversation.journal.record(STREAM, [asked])
        await poll(lambda: read_tokens(line) == ["mt"], within=10)


async def test_the_monthly_limit_becomes_an_alert_that_is_heard(
    settings: NotifierSettings, line: LineServer, conversation: Service
):
    line.status, line.body = 429, b'{"message": "You have reached your monthly limit."}'
    before = heard_alerts()
    async with replicas(settings, 1):
        await conversation.journal.record(STREAM, [reply_requested(reply_token="").data])
        await poll(lambda: heard_alerts() == before + 1, within=10)
    recorded = await conversation.journal.read(ALERTS_STREAM)
    assert [each.data.name for each in recorded] == ["LineMonthlyLimit"]


def read_tokens(line: LineServer) -> list[str]:
    return [body["markAsReadToken"] for path, _, body in line.requests if "markAsRead" in path]


def heard_alerts() -> float:
    labels = {"name": "LineMonthlyLimit"}
    return REGISTRY.get_sample_value("bot_alerts_total", labels) or 0.0
