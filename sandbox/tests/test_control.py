"""The handles for tests and demonstrations."""

import asyncio

import pytest

from sandbox.shapes import JsonObject
from sandbox.tests.served import AUTHORISED, Sandbox


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sandbox/send", {}),
        ("/sandbox/send", {"user": "", "text": "好"}),
        ("/sandbox/send", {"user": "阿明", "txet": "好"}),
        ("/sandbox/faults", {"upstream": "line", "mode": "gone"}),
        ("/sandbox/faults", {"upstream": "moon", "mode": "ok"}),
        ("/sandbox/faults", {"upstream": "line", "mode": "status:200"}),
        ("/sandbox/latency", {"gemini_seconds": -1}),
        ("/chat", {"text": ""}),
    ],
)
async def test_a_wish_that_makes_no_sense_is_refused(sandbox: Sandbox, path: str, body: JsonObject):
    answer = await sandbox.http.post(path, json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("query", ["after=x", "after=-1", "wait=", "after=9e9"])
async def test_odd_numbers_in_a_query_do_no_harm(sandbox: Sandbox, query: str):
    assert (await sandbox.http.get(f"/sandbox/chats/a?{query}")).status_code == 200


async def test_a_poll_returns_as_soon_as_there_is_news(sandbox: Sandbox):
    polled = asyncio.create_task(sandbox.http.get("/sandbox/chats/阿明?after=0&wait=20"))
    await sandbox.say("阿明", "開始")
    async with asyncio.timeout(5):
        news = (await polled).json()
    assert [entry["text"] for entry in news["entries"]] == ["開始"]


async def test_chat_returns_the_answer_of_the_bot(sandbox: Sandbox):
    asked = asyncio.create_task(sandbox.http.post("/chat", json={"text": "開始", "user": "a"}))
    while not (webhooks := (await sandbox.ledger())["webhooks"]):
        assert not asked.done()
    body = {
        "replyToken": webhooks[0]["reply_token"],
        "messages": [{"type": "text", "text": "您好"}],
    }
    await sandbox.http.post("/v2/bot/message/reply", json=body, headers=AUTHORISED)
    assert (await asked).json() == {"messages": body["messages"]}


async def test_a_chat_without_an_answer_ends(sandbox: Sandbox):
    answer = await sandbox.http.post("/chat", json={"text": "開始", "seconds": 0.05})
    assert (answer.status_code, answer.json()) == (504, {"messages": []})


async def test_the_ledger_can_be_read_bit_by_bit(sandbox: Sandbox):
    await sandbox.say("阿明", "一")
    seen = (await sandbox.ledger())["seq"]
    await sandbox.say("小林", "二")
    news = (await sandbox.http.get(f"/sandbox/ledger?after={seen}")).json()
    assert [webhook["user"] for webhook in news["webhooks"]] == ["小林"]


async def test_a_slow_model_is_slow_until_the_reset(sandbox: Sandbox):
    await sandbox.http.post("/sandbox/latency", json={"gemini_seconds": 0.1})
    loop = asyncio.get_running_loop()
    started = loop.time()
    path, headers = "/v1/models/m:generateContent", {"x-goog-api-key": "k"}
    await sandbox.http.post(path, json={"contents": [{"parts": [{"text": "x"}]}]}, headers=headers)
    assert loop.time() - started >= 0.1
    await sandbox.http.post("/sandbox/reset")
    slow = await sandbox.http.post("/sandbox/latency", json={"gemini_seconds": 0})
    assert slow.json() == {"gemini_seconds": 0}
