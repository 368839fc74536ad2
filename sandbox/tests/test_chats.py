"""What a phone shows: quotes, read marks, languages, friends who leave and come back."""

import pytest

from sandbox.shapes import JsonObject
from sandbox.tests.served import Sandbox

QUOTES = "messages[0].quoteToken"


def text(words: str, **more: object) -> JsonObject:
    return {"type": "text", "text": words, **more}


async def quote_token(sandbox: Sandbox) -> str:
    return (await sandbox.events())[-1]["message"]["quoteToken"]


async def test_an_answer_may_quote_the_message_it_answers(sandbox: Sandbox):
    sent = await sandbox.say("阿明", "我頭暈")
    token = await quote_token(sandbox)
    await sandbox.reply(sent["replyToken"], text("多休息", quoteToken=token))
    answer = (await sandbox.news("阿明"))["entries"][-1]
    assert answer["quotes"] == {token: "我頭暈"}


async def test_an_answer_may_quote_what_the_bot_itself_has_said(sandbox: Sandbox):
    first = await sandbox.say("阿明", "一")
    said = (await sandbox.reply(first["replyToken"], text("好"))).json()["sentMessages"][0]
    second = await sandbox.say("阿明", "二")
    quoting = text("如前所述", quoteToken=said["quoteToken"])
    assert (await sandbox.reply(second["replyToken"], quoting)).status_code == 200


@pytest.mark.parametrize("token", ["made-up", "foreign"])
async def test_a_quote_token_of_nowhere_or_of_another_chat_is_refused(sandbox: Sandbox, token: str):
    await sandbox.say("小林", "別人的話")
    foreign = await quote_token(sandbox)
    sent = await sandbox.say("阿明", "我頭暈")
    quoting = text("好", quoteToken=foreign if token == "foreign" else token)
    answer = await sandbox.reply(sent["replyToken"], quoting)
    assert answer.status_code == 400
    assert [each["property"] for each in answer.json()["details"]] == [QUOTES]
    push = {"to": sent["userId"], "messages": [quoting]}
    pushed = await sandbox.line("POST", "/v2/bot/message/push", json=push)
    assert pushed.status_code == 400
    assert (await sandbox.reply(sent["replyToken"], text("好"))).status_code == 200


async def test_a_message_is_marked_as_read_by_its_own_token(sandbox: Sandbox):
    await sandbox.say("阿明", "我頭暈")
    before = await sandbox.news("阿明")
    token = (await sandbox.events())[0]["message"]["markAsReadToken"]
    body = {"markAsReadToken": token}
    answer = await sandbox.line("POST", "/v2/bot/chat/markAsRead", json=body)
    after = await sandbox.news("阿明")
    assert answer.status_code == 200
    assert (before["read_revision"], after["read_revision"]) == (0, 1)
    assert after["revision"] > before["revision"]


async def test_a_read_token_that_was_never_given_is_refused(sandbox: Sandbox):
    body = {"markAsReadToken": "made-up"}
    answer = await sandbox.line("POST", "/v2/bot/chat/markAsRead", json=body)
    assert answer.status_code == 400


@pytest.mark.parametrize(("language", "told"), [("vi", "vi"), ("", None), (None, "zh-Hant")])
async def test_a_phone_has_a_language(sandbox: Sandbox, language: str | None, told: str | None):
    sent = await sandbox.say("阿明", "好")
    if language is not None:
        await sandbox.http.put("/sandbox/profiles/阿明", json={"language": language})
    profile = await sandbox.line("GET", f"/v2/bot/profile/{sent['userId']}")
    assert profile.json().get("language") == told
    assert (
        await sandbox.http.put("/sandbox/profiles/a", json={"language": "§"})
    ).status_code == 400


async def test_a_user_who_blocks_the_bot_gets_nothing_until_he_is_back(sandbox: Sandbox):
    sent = await sandbox.say("阿明", "", event={"type": "unfollow", "replyToken": None})
    assert (await sandbox.news("阿明"))["blocked"]
    push = {"to": sent["userId"], "messages": [text("好")]}
    await sandbox.line("POST", "/v2/bot/message/push", json=push)
    assert (await sandbox.ledger())["rows"][-1]["delivered"] is False
    await sandbox.say("阿明", "", event={"type": "follow"})
    assert not (await sandbox.news("阿明"))["blocked"]
