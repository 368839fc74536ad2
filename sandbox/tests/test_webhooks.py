"""Webhooks as a bot server gets them."""

import base64
import hashlib
import hmac
import json

import pytest

from chassis.testing import poll
from sandbox.shapes import JsonObject
from sandbox.tests.served import SECRET, Sandbox


def event(body: bytes) -> JsonObject:
    return json.loads(body)["events"][0]


async def test_a_message_arrives_signed_and_in_lines_shape(sandbox: Sandbox):
    sent = await sandbox.say("阿明", "開始")
    await poll(lambda: sandbox.bot.requests)
    body, signature = sandbox.bot.requests[0]
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
    assert base64.b64decode(signature) == digest
    arrived = event(body)
    assert arrived["webhookEventId"] == sent["webhookEventId"]
    assert arrived["deliveryContext"] == {"isRedelivery": False}
    assert arrived["source"] == {"type": "user", "userId": sent["userId"]}
    assert arrived["message"]["text"] == "開始"


async def test_a_refused_webhook_comes_again_as_the_same_event(sandbox: Sandbox):
    sandbox.bot.statuses += [503, 500]
    await sandbox.say("阿明", "開始")
    await poll(lambda: len(sandbox.bot.requests) == 3)
    events = [event(body) for body, _ in sandbox.bot.requests]
    again = [arrived.pop("deliveryContext")["isRedelivery"] for arrived in events]
    assert again == [False, True, True]
    assert events[0] == events[1] == events[2]


async def test_the_ledger_shows_every_attempt(sandbox: Sandbox):
    sandbox.bot.statuses += [503]
    await sandbox.say("阿明", "開始")
    await poll(lambda: len(sandbox.bot.requests) == 2)
    await sandbox.say("阿明", "再來")
    await poll(lambda: len(sandbox.bot.requests) == 3)
    first = (await sandbox.ledger())["webhooks"][0]
    assert [attempt["status"] for attempt in first["attempts"]] == [503, 200]
    assert first["acknowledged"]


async def test_the_same_event_can_be_delivered_many_times(sandbox: Sandbox):
    await sandbox.say("阿明", "開始", deliveries=3)
    await poll(lambda: len(sandbox.bot.requests) == 3)
    assert len({event(body)["webhookEventId"] for body, _ in sandbox.bot.requests}) == 1


async def test_timestamps_of_a_user_always_grow(sandbox: Sandbox):
    sent = (await sandbox.say("阿明", "開始", count=50))["sent"]
    times = [one["timestamp"] for one in sent]
    assert times == sorted(set(times))


@pytest.mark.parametrize(
    ("override", "chat"),
    [
        ({"type": "follow"}, "U"),
        ({"source": {"type": "group", "groupId": "C" + "0" * 32}}, "C"),
        ({"message": {"type": "sticker", "packageId": "1", "stickerId": "2", "text": None}}, "U"),
        ({"type": "unsend", "unsend": {"messageId": "1"}, "replyToken": None}, "U"),
    ],
)
async def test_any_event_can_be_sent(sandbox: Sandbox, override: JsonObject, chat: str):
    await sandbox.say("阿明", "", event=override)
    await poll(lambda: sandbox.bot.requests)
    arrived = event(sandbox.bot.requests[0][0])
    assert arrived["type"] == override.get("type", "message")
    assert ("message" in arrived) == (arrived["type"] == "message")
    assert ("replyToken" in arrived) == (arrived["type"] != "unsend")
    assert (await sandbox.ledger())["webhooks"][0]["chat"].startswith(chat)
