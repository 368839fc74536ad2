"""Voice messages and other media, as LINE tells of them and hands them out."""

import httpx
import pytest

from chassis.testing import poll
from sandbox.tests.served import Sandbox

VOICE = b"voice" * 100


async def fetched(sandbox: Sandbox, message: str, what: str = "") -> httpx.Response:
    return await sandbox.line("GET", f"/v2/bot/message/{message}/content{what}")


async def test_a_voice_message_is_told_of_and_can_be_fetched(sandbox: Sandbox):
    sent = await sandbox.show("阿明", VOICE, duration=2300)
    (event,) = await sandbox.events()
    message = event["message"]
    assert (message["type"], message["duration"]) == ("audio", 2300)
    assert message["contentProvider"] == {"type": "line"}
    assert message["markAsReadToken"]
    assert not {"quoteToken", "text"} & set(message)
    assert (await fetched(sandbox, sent["messageId"])).content == VOICE


async def test_a_picture_can_be_quoted_and_a_file_has_a_name(sandbox: Sandbox):
    await sandbox.show("阿明", VOICE, kind="image")
    await sandbox.show("阿明", VOICE, kind="file", name="報告.pdf")
    picture, file = [event["message"] for event in await sandbox.events()]
    assert picture["quoteToken"]
    assert (file["fileName"], file["fileSize"]) == ("報告.pdf", len(VOICE))


async def test_a_voice_message_is_prepared_for_a_while(sandbox: Sandbox):
    sent = await sandbox.show("阿明", VOICE, ready_in=0.2)
    assert (await fetched(sandbox, sent["messageId"])).status_code == 202
    transcoding = await fetched(sandbox, sent["messageId"], "/transcoding")
    assert transcoding.json() == {"status": "processing"}

    async def ready() -> bool:
        return (await fetched(sandbox, sent["messageId"])).status_code == 200

    await poll(ready)
    done = await fetched(sandbox, sent["messageId"], "/transcoding")
    assert done.json() == {"status": "succeeded"}


async def test_what_another_site_holds_is_not_to_be_had_from_line(sandbox: Sandbox):
    sent = await sandbox.show("阿明", VOICE, provider="external")
    (event,) = await sandbox.events()
    provider = event["message"]["contentProvider"]
    assert provider["type"] == "external"
    assert provider["originalContentUrl"].startswith("https://")
    assert (await fetched(sandbox, sent["messageId"])).status_code == 404


async def test_what_was_unsent_is_gone_from_line_and_from_the_phone(sandbox: Sandbox):
    sent = await sandbox.show("阿明", VOICE)
    unsend = {"type": "unsend", "unsend": {"messageId": sent["messageId"]}, "replyToken": None}
    await sandbox.say("阿明", "", event=unsend)
    assert (await fetched(sandbox, sent["messageId"])).status_code == 410
    assert (await sandbox.http.get(f"/sandbox/content/{sent['messageId']}")).status_code == 404
    entries = (await sandbox.news("阿明"))["entries"]
    assert [entry["kind"] for entry in entries] == ["unsent", None]
    assert entries[0]["text"] == ""


@pytest.mark.parametrize("mode", ["status:500", "garbage", "empty", "html"])
async def test_fetching_fails_as_told(sandbox: Sandbox, mode: str):
    sent = await sandbox.show("阿明", VOICE)
    await sandbox.break_("content", mode)
    assert (await fetched(sandbox, sent["messageId"])).content != VOICE
    assert (await fetched(sandbox, sent["messageId"])).content == VOICE


@pytest.mark.parametrize(
    "query", [{"kind": "song"}, {"duration": -1}, {"user": ""}, {"ready_in": "x"}, {"what": 1}]
)
async def test_a_wish_that_makes_no_sense_is_refused(sandbox: Sandbox, query: dict[str, str]):
    asked = {"user": "阿明", "kind": "audio"} | query
    answer = await sandbox.http.post("/sandbox/media", params=asked, content=VOICE)
    assert answer.status_code == 400
    empty = await sandbox.http.post("/sandbox/media?user=a&kind=audio", content=b"")
    assert empty.status_code == 400


async def test_the_browser_is_to_run_nothing_that_a_user_sent(sandbox: Sandbox):
    sent = await sandbox.show("阿明", b"<script>1</script>", kind="image")
    answer = await sandbox.http.get(f"/sandbox/content/{sent['messageId']}")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
