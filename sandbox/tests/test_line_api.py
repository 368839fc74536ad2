"""LINE's own client against the sandbox."""

import json
import uuid
from typing import Any

import pytest
from linebot.v3.messaging import (
    ApiException,
    AsyncApiClient,
    AsyncMessagingApi,
    AsyncMessagingApiBlob,
    Configuration,
    MarkMessagesAsReadByTokenRequest,
    PushMessageRequest,
    ReplyMessageRequest,
    ShowLoadingAnimationRequest,
    TextMessage,
)

from sandbox.tests.served import TOKEN, Sandbox

HELLO = TextMessage(text="您好", quickReply=None, quoteToken=None)


def reply(token: str) -> ReplyMessageRequest:
    return ReplyMessageRequest.parse_obj({"replyToken": token, "messages": [HELLO]})


def push(to: str) -> PushMessageRequest:
    return PushMessageRequest.parse_obj({"to": to, "messages": [HELLO]})


def reason(refusal: pytest.ExceptionInfo[ApiException]) -> str:
    return json.loads(refusal.value.body or "{}")["message"]


async def test_a_reply_is_delivered_once(sandbox: Sandbox, line: AsyncMessagingApi):
    sent = await sandbox.say("阿明", "開始")
    answer = await line.reply_message(reply(sent["replyToken"]))
    assert answer.sent_messages[0].quote_token
    with pytest.raises(ApiException) as refusal:
        await line.reply_message(reply(sent["replyToken"]))
    assert (refusal.value.status, reason(refusal)) == (400, "Invalid reply token")
    assert await sandbox.kinds() == ["reply", "refused"]


async def test_a_row_of_the_ledger_tells_which_event_was_answered(
    sandbox: Sandbox, line: AsyncMessagingApi
):
    sent = await sandbox.say("阿明", "開始")
    await line.reply_message(reply(sent["replyToken"]))
    row = (await sandbox.ledger())["rows"][0]
    assert (row["user"], row["event_id"]) == ("阿明", sent["webhookEventId"])
    assert row["messages"][0]["text"] == "您好"


async def test_an_unknown_reply_token_is_refused(line: AsyncMessagingApi):
    with pytest.raises(ApiException) as refusal:
        await line.reply_message(reply("nobody-gave-me-this"))
    assert reason(refusal) == "Invalid reply token"


async def test_a_push_with_a_known_retry_key_is_a_conflict(
    sandbox: Sandbox, line: AsyncMessagingApi
):
    sent, key = await sandbox.say("阿明", "開始"), str(uuid.uuid4())
    # The client declares this method as not asynchronous, which it is.
    api: Any = line
    first = await api.push_message_with_http_info(push(sent["userId"]), x_line_retry_key=key)
    with pytest.raises(ApiException) as conflict:
        await line.push_message(push(sent["userId"]), x_line_retry_key=key)
    headers = {name.lower(): value for name, value in (conflict.value.headers or {}).items()}
    assert conflict.value.status == 409
    first_headers = {name.lower(): value for name, value in (first.headers or {}).items()}
    assert headers["x-line-accepted-request-id"] == first_headers["x-line-request-id"]
    assert json.loads(conflict.value.body or "")["sentMessages"][0]["id"]
    assert await sandbox.kinds() == ["push", "repeated"]


async def test_a_retry_key_that_is_no_uuid_is_refused(sandbox: Sandbox, line: AsyncMessagingApi):
    sent = await sandbox.say("阿明", "開始")
    with pytest.raises(ApiException) as refusal:
        await line.push_message(push(sent["userId"]), x_line_retry_key="1")
    assert refusal.value.status == 400


async def test_a_push_to_a_stranger_is_taken_and_not_delivered(
    sandbox: Sandbox, line: AsyncMessagingApi
):
    await line.push_message(push("U" + "f" * 32))
    assert [row["delivered"] for row in (await sandbox.ledger())["rows"]] == [False]


async def test_a_wrong_access_token_is_unauthorised(sandbox: Sandbox):
    async with AsyncApiClient(Configuration(host=sandbox.url, access_token="wrong")) as client:
        with pytest.raises(ApiException) as refusal:
            await AsyncMessagingApi(client).push_message(push("U" + "0" * 32))
    assert refusal.value.status == 401


async def test_a_refusal_names_every_fault(sandbox: Sandbox, line: AsyncMessagingApi):
    sent = await sandbox.say("阿明", "開始")
    messages = [TextMessage(text="字" * 5001, quickReply=None, quoteToken=None)]
    long = ReplyMessageRequest.parse_obj({"replyToken": sent["replyToken"], "messages": messages})
    with pytest.raises(ApiException) as refusal:
        await line.reply_message(long)
    details = json.loads(refusal.value.body or "")["details"]
    assert [detail["property"] for detail in details] == ["messages[0].text"]
    await line.reply_message(reply(sent["replyToken"]))


async def test_loading_shows_until_a_message_arrives(sandbox: Sandbox, line: AsyncMessagingApi):
    sent = await sandbox.say("阿明", "開始")
    await line.show_loading_animation(
        ShowLoadingAnimationRequest(chatId=sent["userId"], loadingSeconds=20)
    )
    assert (await sandbox.http.get("/sandbox/chats/阿明")).json()["loading_seconds"] > 0
    await line.push_message(push(sent["userId"]))
    assert (await sandbox.http.get("/sandbox/chats/阿明")).json()["loading_seconds"] == 0


async def test_a_user_has_a_profile_and_a_stranger_has_none(
    sandbox: Sandbox, line: AsyncMessagingApi
):
    sent = await sandbox.say("阿明", "開始")
    assert (await line.get_profile(sent["userId"])).display_name == "阿明"
    with pytest.raises(ApiException) as refusal:
        await line.get_profile("U" + "f" * 32)
    assert refusal.value.status == 404


async def test_the_bot_knows_itself_and_marks_messages_as_read(
    sandbox: Sandbox, line: AsyncMessagingApi
):
    assert (await line.get_bot_info()).display_name == "MedEdBot"
    await sandbox.say("阿明", "開始")
    event = (await sandbox.ledger())["webhooks"][0]["event"]
    token = event["message"]["markAsReadToken"]
    await line.mark_messages_as_read_by_token(
        MarkMessagesAsReadByTokenRequest(markAsReadToken=token)
    )
    assert await sandbox.kinds() == ["read"]


async def test_media_are_fetched_when_they_are_ready(sandbox: Sandbox):
    async with AsyncApiClient(Configuration(host=sandbox.url, access_token=TOKEN)) as client:
        blob = AsyncMessagingApiBlob(client)
        await sandbox.http.put("/sandbox/content/1?state=preparing", content=b"")
        waiting = await blob.get_message_content_transcoding_by_message_id("1")
        assert waiting.status == "processing"
        await sandbox.http.put("/sandbox/content/1", content=b"voice")
        assert bytes(await blob.get_message_content("1")) == b"voice"


@pytest.mark.parametrize(("state", "status"), [("preparing", 202), ("unsent", 410)])
async def test_media_that_cannot_be_had_say_why(sandbox: Sandbox, state: str, status: int):
    await sandbox.http.put(f"/sandbox/content/2?state={state}", content=b"")
    headers = {"authorization": f"Bearer {TOKEN}"}
    answer = await sandbox.http.get("/v2/bot/message/2/content", headers=headers)
    assert answer.status_code == status
    missing = await sandbox.http.get("/v2/bot/message/3/content", headers=headers)
    assert missing.status_code == 404


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_line_fails_as_told_and_then_works(
    sandbox: Sandbox, line: AsyncMessagingApi, status: int
):
    sent = await sandbox.say("阿明", "開始")
    await sandbox.break_("line", f"status:{status}")
    with pytest.raises(ApiException) as refusal:
        await line.push_message(push(sent["userId"]))
    assert refusal.value.status == status
    await line.push_message(push(sent["userId"]))


async def test_a_lost_answer_hides_a_delivered_message(sandbox: Sandbox, line: AsyncMessagingApi):
    sent = await sandbox.say("阿明", "開始")
    await sandbox.break_("line", "lost")
    with pytest.raises(OSError):  # noqa: PT011 (aiohttp's reset carries the system's own text)
        await line.push_message(push(sent["userId"]))
    assert await sandbox.kinds() == ["push"]
