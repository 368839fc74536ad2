"""The phone page in a real Chromium."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from sandbox.shapes import JsonObject
from sandbox.tests.served import AUTHORISED, CHROMIUM, Sandbox

FOLDER = Path(__file__).parents[1] / "page"
LINK = {"type": "uri", "label": "世界衛生組織", "uri": "https://www.who.int/"}
REFERENCES = {
    "type": "flex",
    "altText": "參考資料",
    "contents": {
        "type": "bubble",
        "body": {
            "type": "box",
            "layout": "vertical",
            "contents": [
                {"type": "text", "text": "參考資料", "weight": "bold"},
                {"type": "separator"},
                {"type": "button", "style": "link", "action": LINK},
            ],
        },
    },
}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine"),
]


def text(words: str, *choices: str) -> JsonObject:
    actions = [{"type": "message", "label": choice, "text": choice} for choice in choices]
    items = [{"type": "action", "action": action} for action in actions]
    return {"type": "text", "text": words} | ({"quickReply": {"items": items}} if items else {})


async def test_one_chats_by_quick_reply_and_by_typing(sandbox: Sandbox, page: Page):
    mine = page.locator('[data-testid="bubble"][data-from="user"]')
    his = page.locator('[data-testid="bubble"][data-from="bot"]')
    await page.get_by_test_id("quick-reply").click()
    await expect(mine).to_have_text(["開始"])
    await sandbox.answer(text("請選擇", "衛教", "聊天"))
    await expect(page.get_by_test_id("quick-reply")).to_have_text(["衛教", "聊天"])
    await page.get_by_test_id("input").fill("<b>糖尿病</b>")
    await page.get_by_test_id("send").click()
    await expect(mine).to_have_text(["開始", "<b>糖尿病</b>"])
    await expect(page.get_by_test_id("quick-reply")).to_have_count(0)
    await sandbox.answer(text("<i>好</i>"), REFERENCES, text("接下來？", "翻譯"))
    await expect(his.last).to_have_text("接下來？")
    link = page.get_by_test_id("references").get_by_role("link")
    await expect(link).to_have_attribute("href", "https://www.who.int/")
    await expect(link).to_have_attribute("target", "_blank")


async def test_loading_is_shown_until_the_answer(sandbox: Sandbox, page: Page):
    await page.get_by_test_id("input").fill("開始")
    await page.keyboard.press("Enter")
    await expect(page.locator('[data-from="user"]')).to_have_count(1)
    chat = (await sandbox.ledger())["webhooks"][0]["chat"]
    body = {"chatId": chat, "loadingSeconds": 60}
    await sandbox.http.post("/v2/bot/chat/loading/start", json=body, headers=AUTHORISED)
    await expect(page.get_by_test_id("loading")).to_be_visible()
    await sandbox.answer(text("好"))
    await expect(page.get_by_test_id("loading")).to_have_count(0)


async def test_every_user_has_a_chat_of_their_own(sandbox: Sandbox, page: Page):
    await sandbox.say("阿明", "我是阿明")
    await sandbox.say("陳醫師", "我是醫師")
    bubbles = page.get_by_test_id("bubble")
    await expect(bubbles).to_have_text(["我是阿明"])
    await page.get_by_test_id("user").select_option("陳醫師")
    await expect(bubbles).to_have_text(["我是醫師"])
    await page.reload()
    await expect(bubbles).to_have_text(["我是醫師"])
    assert "user=" in page.url


async def test_the_page_says_what_is_sandboxed_and_lets_nothing_foreign_in(
    sandbox: Sandbox, page: Page
):
    await expect(page.get_by_test_id("sandbox-note")).to_contain_text("請勿輸入真實病人資料")
    policy = (await sandbox.http.get("/")).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    written = "".join(path.read_text() for path in FOLDER.rglob("*.*"))
    assert re.findall(r"innerHTML|insertAdjacentHTML|document\.write|\beval\b", written) == []


@pytest.mark.parametrize("path", ["/page/../page.py", "/page/x.js", "/page/", "/page/style"])
async def test_only_the_files_of_the_page_are_sent(sandbox: Sandbox, path: str):
    assert (await sandbox.http.get(path)).status_code == 404
    script = await sandbox.http.get("/page/app/main.js")
    assert script.headers["content-type"].startswith("text/javascript")
