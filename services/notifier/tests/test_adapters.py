"""LINE through the SDK: what goes out, and what every kind of answer or silence becomes."""

from collections.abc import AsyncGenerator

import orjson
import pytest

from chassis.decider import derived_id
from services.notifier.adapters import LineMessenger, line_messenger
from services.notifier.delivery import Accepted, Heard, Rejected, Unheard
from services.notifier.render import render
from services.notifier.tests.given import ANSWER, USER
from services.notifier.tests.line_server import LineServer, line_server

TOKEN = "secret-token"
MESSAGES = render(ANSWER)


@pytest.fixture
async def line() -> AsyncGenerator[LineServer]:
    async with line_server() as server:
        yield server


@pytest.fixture
async def messenger(line: LineServer) -> AsyncGenerator[LineMessenger]:
    async with line_messenger(base_url=line.url, token=TOKEN, timeout_seconds=0.5) as messenger:
        yield messenger


async def test_a_reply_carries_the_messages_unchanged(line: LineServer, messenger: LineMessenger):
    assert await messenger.reply("rt", MESSAGES) == Accepted(("m1",))
    path, headers, body = line.requests[0]
    assert path == "/v2/bot/message/reply"
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert body == {"replyToken": "rt", "messages": MESSAGES}


async def test_a_push_carries_its_retry_key(line: LineServer, messenger: LineMessenger):
    key = derived_id("r")
    assert await messenger.push(USER, MESSAGES, retry_key=key) == Accepted(("m1",))
    path, headers, body = line.requests[0]
    assert path == "/v2/bot/message/push"
    assert headers["X-Line-Retry-Key"] == key
    assert body == {"to": USER, "messages": MESSAGES}


async def test_loading_is_asked_for_in_seconds(line: LineServer, messenger: LineMessenger):
    line.status, line.body = 202, b"{}"
    assert await messenger.show_loading(USER, seconds=20) == Accepted()
    assert line.requests[0][2] == {"chatId": USER, "loadingSeconds": 20}


async def test_a_message_is_marked_as_read_by_its_token(line: LineServer, messenger: LineMessenger):
    line.body = b"{}"
    assert await messenger.mark_as_read("mt") == Accepted()
    path, _, body = line.requests[0]
    assert (path, body) == ("/v2/bot/chat/markAsRead", {"markAsReadToken": "mt"})


@pytest.mark.parametrize(
    ("chat", "mode", "may"),
    [("chat", "manual", True), ("chat", "auto", False), ("bot", "auto", False), ("x", "y", False)],
)
async def test_only_an_account_with_chat_on_marks_as_read_by_hand(
    chat: str, mode: str, may: bool, line: LineServer, messenger: LineMessenger
):
    names = {"userId": USER, "basicId": "@bot", "displayName": "Bot"}
    line.knows["/v2/bot/info"] = {**names, "chatMode": chat, "markAsReadMode": mode}
    assert await messenger.may_mark_as_read() == may


@pytest.mark.parametrize(("profile", "language"), [({"language": "en-US"}, "en-US"), ({}, "")])
async def test_a_profile_may_name_a_language(
    profile: dict[str, str], language: str, line: LineServer, messenger: LineMessenger
):
    line.knows[f"/v2/bot/profile/{USER}"] = {"userId": USER, "displayName": "U", **profile}
    assert await messenger.language_of(USER) == language


@pytest.mark.parametrize("status", [404, 500])
async def test_what_line_does_not_tell_nobody_knows(
    status: int, line: LineServer, messenger: LineMessenger
):
    line.status, line.body = status, b'{"message": "Not found"}'
    assert await messenger.language_of(USER) == ""
    assert not await messenger.may_mark_as_read()
    line.behaves = "reset"
    assert await messenger.language_of(USER) == ""
    assert not await messenger.may_mark_as_read()


@pytest.mark.parametrize(
    ("status", "body", "heard"),
    [
        (400, {"message": "Invalid reply token"}, Rejected(400, "Invalid reply token")),
        (
            400,
            {"message": "1 error", "details": [{"message": "x", "property": "messages[0].text"}]},
            Rejected(400, "1 error", ("messages[0].text",)),
        ),
        (409, {"message": "accepted", "sentMessages": []}, Rejected(409, "accepted")),
        (429, {"message": "You have reached your monthly limit."}, None),
        (500, {"message": "Internal Server Error"}, Rejected(500, "Internal Server Error")),
        (403, ["not an object"], Rejected(403)),
        (400, {"message": "x", "details": [1]}, Rejected(400)),
    ],
)
async def test_a_refusal_keeps_what_matters(
    status: int, body: object, heard: Heard | None, line: LineServer, messenger: LineMessenger
):
    line.status, line.body = status, orjson.dumps(body)
    expected = heard or Rejected(429, "You have reached your monthly limit.")
    assert await messenger.reply("rt", MESSAGES) == expected


@pytest.mark.parametrize("behaves", ["hang", "reset"])
async def test_silence_is_unheard(behaves: str, line: LineServer, messenger: LineMessenger):
    line.behaves = behaves
    assert await messenger.reply("rt", MESSAGES) == Unheard()
    assert await messenger.push(USER, MESSAGES, retry_key=derived_id("r")) == Unheard()


async def test_nobody_listening_is_unheard():
    async with line_messenger(base_url="http://127.0.0.1:9", token=TOKEN) as messenger:
        assert await messenger.reply("rt", MESSAGES) == Unheard()


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"[]", b"{}", b"<html>", b"\xff\xfe", b"[" * 100_000),
        *(b'{"sentMessages": [', b'{"sentMessages": 5}', b'{"sentMessages": [{}]}'),
    ],
    ids=lambda body: body[:20],
)
@pytest.mark.parametrize("charset", [None, "utf-8", "utf-16", "klingon"])
async def test_an_acceptance_that_nobody_can_read_is_an_acceptance(
    body: bytes, charset: str | None, line: LineServer, messenger: LineMessenger
):
    line.body, line.charset = body, charset
    assert await messenger.reply("rt", MESSAGES) == Accepted(())
    assert await messenger.push(USER, MESSAGES, retry_key=derived_id("r")) == Accepted(())


async def test_what_never_left_is_no_acceptance(line: LineServer):
    async with line_messenger(base_url=line.url, token="two\nlines") as messenger:
        assert await messenger.reply("rt", MESSAGES) == Unheard()
    async with line_messenger(base_url="nowhere", token=TOKEN) as messenger:
        assert await messenger.reply("rt", MESSAGES) == Unheard()
    assert line.requests == []


async def test_an_error_page_is_a_refusal_by_its_status(line: LineServer, messenger: LineMessenger):
    line.status, line.body = 502, b"<html>bad gateway</html>"
    assert await messenger.reply("rt", MESSAGES) == Rejected(502)
    line.body = b"\xff\xfe"
    assert await messenger.reply("rt", MESSAGES) == Rejected(502)
