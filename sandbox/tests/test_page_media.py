"""Voice, sound, pictures, buttons and mails on the phone page, in a real Chromium."""

import io
from pathlib import Path

import av
import pytest
from playwright.async_api import Locator, Page, expect

from chassis.testing import poll
from sandbox import sound
from sandbox.shapes import JsonObject
from sandbox.tests.served import CHROMIUM, Sandbox
from sandbox.tests.test_mail import mail, send

RATE = 24_000
WAV = sound.wav(sound.melody("您有發燒嗎？" * 3, 16_000), 16_000)
TAP = {"type": "postback", "label": "看結果", "data": "result:1", "displayText": "看結果"}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine"),
]


def mine(page: Page) -> Locator:
    return page.locator('[data-testid="bubble"][data-from="user"]')


def his(page: Page) -> Locator:
    return page.locator('[data-testid="bubble"][data-from="bot"]')


def text(words: str, **more: object) -> JsonObject:
    return {"type": "text", "text": words, **more}


def buttons(*actions: JsonObject) -> JsonObject:
    contents = [{"type": "button", "style": "primary", "action": action} for action in actions]
    body = {"type": "box", "layout": "vertical", "spacing": "sm", "contents": contents}
    return {"type": "flex", "altText": "按鈕", "contents": {"type": "bubble", "body": body}}


def spoken(file: Path) -> int:
    """Write some speech as m4a, as the bot does; return its length in milliseconds."""
    samples = sound.melody("這個藥每天吃 3 次，飯後服用。", RATE)
    with av.open(str(file), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=RATE, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(samples) // 2)
        frame.planes[0].update(samples)
        frame.sample_rate = RATE
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return len(samples) * 1000 // (2 * RATE)


async def last_event(sandbox: Sandbox) -> JsonObject:
    return (await sandbox.events())[-1]


async def test_a_voice_file_is_picked_and_sent_with_what_it_says(sandbox: Sandbox, page: Page):
    await page.get_by_test_id("voice-open").click()
    file = {"name": "voice.wav", "mimeType": "audio/wav", "buffer": WAV}
    await page.get_by_test_id("voice-file").set_input_files(file)  # pyright: ignore[reportArgumentType]
    await page.get_by_test_id("transcript").fill("您有發燒嗎？")
    await page.get_by_test_id("voice-send").click()
    await expect(mine(page).get_by_test_id("audio")).to_have_count(1)
    await expect(page.get_by_test_id("voice")).to_be_hidden()
    message = (await last_event(sandbox))["message"]
    assert message["type"] == "audio"
    assert abs(message["duration"] - len(WAV) / 32) < 50
    content = await sandbox.http.get(f"/sandbox/content/{message['id']}")
    assert content.content == WAV


async def test_one_records_a_voice_message(sandbox: Sandbox, page: Page):
    await page.get_by_test_id("voice-open").click()
    await page.get_by_test_id("record").click()
    await expect(page.get_by_text("0:01")).to_be_visible()
    await page.get_by_test_id("record").click()
    await page.get_by_test_id("voice-send").click()
    await expect(mine(page).get_by_test_id("audio")).to_have_count(1)
    message = (await last_event(sandbox))["message"]
    content = (await sandbox.http.get(f"/sandbox/content/{message['id']}")).content
    with av.open(io.BytesIO(content), "r") as container:
        assert container.format.name == "wav"
        assert abs(float(container.duration or 0) / 1000 - message["duration"]) < 50


async def test_an_answer_in_sound_is_played(sandbox: Sandbox, page: Page, tmp_path: Path):
    milliseconds = spoken(tmp_path / "a.m4a")
    content = (tmp_path / "a.m4a").read_bytes()
    await sandbox.http.put(
        "/sandbox/content/1", content=content, headers={"content-type": "audio/mp4"}
    )
    await sandbox.say("阿明", "朗讀")
    address = f"{sandbox.url}/sandbox/content/1"
    await sandbox.answer({"type": "audio", "originalContentUrl": address, "duration": milliseconds})
    player = his(page).get_by_test_id("audio")
    await expect(player).to_have_attribute("src", address)
    await expect(page.get_by_test_id("audio-length")).to_have_text("語音 0:02")

    async def length() -> float:
        return await player.evaluate("(player) => player.duration * 1000 || 0")

    assert abs(await poll(length) - milliseconds) < 100
    await player.evaluate("(player) => player.play()")
    await poll(lambda: player.evaluate("(player) => player.currentTime > 0.1"))


async def test_a_tap_sends_data_alone_and_shows_words(sandbox: Sandbox, page: Page):
    await sandbox.say("阿明", "長的工作")
    await sandbox.answer(
        text("還在處理", quickReply={"items": [{"type": "action", "action": TAP}]})
    )
    await page.get_by_test_id("quick-reply").click()
    await expect(mine(page).last).to_have_text("看結果")
    event = await last_event(sandbox)
    assert (event["type"], event["postback"]) == ("postback", {"data": "result:1"})


async def test_buttons_of_a_card_say_tap_and_open(sandbox: Sandbox, page: Page):
    await sandbox.say("阿明", "好")
    link = {"type": "uri", "label": "下載", "uri": "https://www.who.int/"}
    change = {"type": "message", "label": "修改", "text": "修改"}
    await sandbox.answer(buttons(change, {**TAP, "displayText": "再看"}), buttons(link))
    actions = page.get_by_test_id("actions")
    await actions.get_by_role("button", name="修改").click()
    await expect(mine(page).last).to_have_text("修改")
    await actions.get_by_role("button", name="看結果").click()
    await expect(mine(page).last).to_have_text("再看")
    opened = page.get_by_role("link", name="下載")
    await expect(opened).to_have_attribute("href", "https://www.who.int/")


async def test_a_quote_is_shown_and_read_messages_are_marked(sandbox: Sandbox, page: Page):
    await page.get_by_test_id("input").fill("我頭暈")
    await page.get_by_test_id("send").click()
    await expect(mine(page)).to_have_count(1)
    message = (await last_event(sandbox))["message"]
    read = {"markAsReadToken": message["markAsReadToken"]}
    await sandbox.line("POST", "/v2/bot/chat/markAsRead", json=read)
    await expect(page.get_by_text("已讀")).to_be_visible()
    await sandbox.answer(text("請多休息", quoteToken=message["quoteToken"]))
    await expect(page.get_by_test_id("quoted")).to_have_text("我頭暈")


async def test_a_message_can_be_taken_back(sandbox: Sandbox, page: Page):
    await page.get_by_test_id("input").fill("寫錯了")
    await page.keyboard.press("Enter")
    await expect(mine(page)).to_have_count(1)
    token = (await last_event(sandbox))["message"]["quoteToken"]
    await sandbox.answer(text("好", quoteToken=token))
    await mine(page).hover()
    await page.get_by_test_id("unsend").click()
    for _ in range(2):
        await expect(page.get_by_test_id("notice")).to_have_text("您已收回訊息")
        await expect(page.get_by_test_id("quoted")).to_have_text("(已收回的訊息)")
        await expect(mine(page)).to_have_count(0)
        await page.reload()
    assert (await last_event(sandbox))["type"] == "unsend"


async def test_other_things_are_sent_from_the_menu(sandbox: Sandbox, page: Page):
    menu = page.get_by_test_id("more-open")
    await menu.click()
    await page.get_by_role("button", name="貼圖：讚").click()
    await menu.click()
    await page.get_by_test_id("more").get_by_role("button", name="位置").click()
    await menu.click()
    file = {"name": "報告.txt", "mimeType": "text/plain", "buffer": b"report"}
    await page.get_by_test_id("any-file").set_input_files(file)  # pyright: ignore[reportArgumentType]
    await expect(mine(page)).to_have_text(["〔貼圖〕", "〔位置〕臺大醫院", "〔檔案〕報告.txt"])
    kinds = [event["message"]["type"] for event in await sandbox.events()]
    assert kinds == ["sticker", "location", "file"]


async def test_a_computer_shows_no_quick_replies(page: Page):
    await expect(page.get_by_test_id("quick-reply")).to_be_visible()
    await page.get_by_label("手機設定").first.click()
    await page.get_by_test_id("pc").check()
    await expect(page.get_by_test_id("quick-reply")).to_be_hidden()
    await page.reload()
    await expect(page.get_by_test_id("quick-reply")).to_be_hidden()


async def test_friendship_and_language_are_the_users_own(sandbox: Sandbox, page: Page):
    await page.get_by_label("手機設定").first.click()
    await page.get_by_test_id("language").select_option("vi")
    await page.get_by_test_id("block").click()
    await expect(page.get_by_test_id("blocked")).to_be_visible()
    await expect(page.get_by_test_id("input")).to_be_hidden()
    await page.get_by_role("button", name="解除封鎖").click()
    await expect(page.get_by_test_id("input")).to_be_visible()
    assert [event["type"] for event in await sandbox.events()] == ["unfollow", "follow"]
    assert (await sandbox.news("阿明"))["language"] == "vi"


async def test_mails_are_read_in_both_their_forms(sandbox: Sandbox, page: Page):
    await page.get_by_test_id("tab-mail").click()
    await expect(page.get_by_text("還沒有信件")).to_be_visible()
    await send(sandbox, mail())
    await page.get_by_test_id("mail").click()
    await expect(page.get_by_role("heading", name="衛教單張")).to_be_visible()
    frame = page.frame_locator('[data-testid="letter-html"]')
    await expect(frame.get_by_role("link", name="來源")).to_be_visible()
    await page.get_by_test_id("view-text").click()
    await expect(page.get_by_test_id("letter-text")).to_contain_text("多喝水")
    await page.reload()
    await expect(page.get_by_test_id("mail")).to_be_visible()


async def test_a_sheet_closes_by_escape_and_gives_the_focus_back(page: Page):
    await page.get_by_test_id("voice-open").click()
    await page.get_by_test_id("transcript").press("Escape")
    await expect(page.get_by_test_id("voice")).to_be_hidden()
    await expect(page.get_by_test_id("voice-open")).to_be_focused()


@pytest.mark.parametrize("width", [320, 360, 390, 768, 1280])
async def test_nothing_sticks_out_at_any_width(page: Page, width: int):
    await page.set_viewport_size({"width": width, "height": 740})
    await page.get_by_test_id("voice-open").click()
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await expect(page.get_by_test_id("send")).to_be_in_viewport(ratio=1)
