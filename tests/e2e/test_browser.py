"""A newcomer's first minutes: a fresh folder, no credentials, the phone page in a real Chromium."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Locator, Page, ViewportSize, async_playwright, expect

from chassis.testing import poll
from cli.network import free_port
from tests.e2e.moments import PATIENCE_SECONDS
from tests.e2e.system import System
from tests.e2e.voices import decoded_ms, tone
from tests.e2e.world import INHERITED

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PHONE = ViewportSize(width=390, height=844)
COMPUTER = ViewportSize(width=1280, height=800)
MILLISECONDS = PATIENCE_SECONDS * 1_000
SENTENCE = "請問您哪裡不舒服？"
RATE = 16_000
TOLERANCE_MS = 100
STOPPED_WITHIN_SECONDS = 10.0

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine"),
]


class Phone:
    """The page as a user's hands and eyes have it; each step leaves a screenshot."""

    def __init__(self, page: Page, pictures: Path) -> None:
        """Look at a page."""
        self.page = page
        self._pictures = pictures
        self._taken = 0

    @property
    def answers(self) -> Locator:
        """What the bot said."""
        return self.page.locator('[data-testid="bubble"][data-from="bot"]')

    @property
    def choices(self) -> Locator:
        """The quick replies that can be tapped now."""
        return self.page.get_by_test_id("quick-reply")

    async def tap(self, choice: str, *, then: str) -> None:
        """Tap a quick reply; wait for the words that have to come."""
        await self.choices.filter(has_text=choice).first.click()
        await self._sees(then)

    async def type(self, text: str, *, then: str) -> None:
        """Type a message; wait for the words that have to come."""
        await self.page.get_by_test_id("input").fill(text)
        await self.page.get_by_test_id("send").click()
        await self._sees(then)

    async def picture(self, name: str) -> None:
        """Keep what is on the screen, to be looked at."""
        await self.page.screenshot(path=self._pictures / f"{name}.png")

    async def _sees(self, words: str) -> None:
        await expect(self.answers.last).to_contain_text(words)
        self._taken += 1
        await self.picture(f"{self._taken:02d}")


@pytest.fixture(scope="module")
async def fresh(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[System]:
    """Run `up` on a folder that was not there, with nothing set but where to be."""
    environ = {name: os.environ[name] for name in INHERITED if name in os.environ}
    system = System(tmp_path_factory.mktemp("fresh"), environ | {"PORT": str(free_port())})
    try:
        await system.start()
        yield system
    finally:
        await system.end()


@pytest.fixture
async def phone(fresh: System, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Phone]:
    """Open the address that `up` printed; nothing may go wrong on the page."""
    expect.set_options(timeout=MILLISECONDS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page(viewport=PHONE)
        faults: list[str] = []
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.on("console", lambda line: faults.append(line.text))
        await page.goto(fresh.screen.after("Chat here"))
        yield Phone(page, tmp_path_factory.mktemp("pictures"))
        await browser.close()
        assert faults == []


async def test_a_newcomer_makes_a_leaflet_and_interprets_a_sentence(fresh: System, phone: Phone):
    assert fresh.screen.after("LINE") == fresh.screen.after("Gemini") == "sandbox"
    await phone.picture("00")
    await phone.tap("開始", then="請選擇功能")
    await phone.tap("衛教", then="請輸入衛教主題")
    await phone.tap("糖尿病", then="接下來可輸入「修改」")
    references = phone.page.get_by_test_id("references").get_by_role("link")
    assert await references.count() >= 2
    assert str(await references.first.get_attribute("href")).startswith("https://")
    await phone.tap("翻譯", then="要翻譯成哪種語言")
    await expect(phone.choices).to_have_count(9)
    await phone.tap("越南文", then="接下來可輸入「修改」")
    await expect(phone.answers.filter(has_text="Bệnh tiểu đường").first).to_be_attached()
    await phone.tap("新對話", then="請選擇功能")
    await phone.tap("聊天", then="要和對方用哪種語言溝通")
    await expect(phone.choices).to_have_count(10)
    await phone.tap("英文", then="請輸入要翻譯的話")
    await phone.type(SENTENCE, then="接下來可輸入「朗讀」")
    await expect(phone.answers.filter(has_text="英文：").last).to_contain_text("?")
    await phone.page.set_viewport_size(COMPUTER)
    await phone.picture("on a computer")


async def test_after_a_stop_the_conversation_goes_on_where_it_was(fresh: System, phone: Phone):
    await phone.type("new", then="請選擇功能")
    await phone.type("chat", then="要和對方用哪種語言溝通")
    await phone.type("日文", then="請輸入要翻譯的話")
    await phone.page.goto("about:blank")
    began = asyncio.get_running_loop().time()
    assert await fresh.stop() == 0
    assert asyncio.get_running_loop().time() - began < STOPPED_WITHIN_SECONDS
    await fresh.start()
    await phone.page.goto(fresh.screen.after("Chat here"))
    await phone.type(SENTENCE, then="接下來可輸入「朗讀」")
    await expect(phone.answers.filter(has_text="日文：").last).to_be_visible()


async def test_a_voice_message_is_interpreted_and_read_aloud(fresh: System, phone: Phone):
    page = phone.page
    await phone.type("new", then="請選擇功能")
    await phone.type("chat", then="要和對方用哪種語言溝通")
    await phone.tap("英文", then="請輸入要翻譯的話")
    await page.get_by_test_id("voice-open").click()
    file = {"name": "voice.wav", "mimeType": "audio/wav", "buffer": tone(1.0, RATE)}
    await page.get_by_test_id("voice-file").set_input_files(file)  # pyright: ignore[reportArgumentType]
    await page.get_by_test_id("transcript").fill(SENTENCE)
    await page.get_by_test_id("voice-send").click()
    await expect(phone.answers.filter(has_text=f"🎤 {SENTENCE}").last).to_be_attached()
    await expect(phone.answers.filter(has_text="英文：").last).to_contain_text("?")
    await phone.tap("朗讀", then="接下來可輸入「朗讀」")
    player = phone.answers.get_by_test_id("audio").last
    said_ms, true_ms = await lengths(player)
    assert abs(said_ms - true_ms) < TOLERANCE_MS
    await player.evaluate("(player) => player.play()")
    await poll(lambda: player.evaluate("(player) => player.currentTime > 0.1"))
    await phone.picture("read aloud")


async def lengths(player: Locator) -> tuple[float, float]:
    """Return how long an audio message says it is, and how long it is once decoded."""
    address = str(await player.get_attribute("src"))
    async with httpx.AsyncClient() as http:
        file = (await http.get(address)).content
    said = await poll(lambda: player.evaluate("(player) => player.duration * 1000 || 0"))
    return float(said), decoded_ms(file)


async def test_a_leaflet_is_mailed_and_arrives_in_both_forms(fresh: System, phone: Phone):
    page = phone.page
    await phone.type("new", then="請選擇功能")
    await phone.type("ed", then="請輸入衛教主題")
    await phone.tap("高血壓", then="接下來可輸入「修改」")
    await phone.tap("寄送", then="要寄到哪個電子郵件地址")
    await phone.type("nurse@example.org", then="確定請輸入「確認寄送」")
    await phone.tap("確認寄送", then="已寄到 nurse@example.org")
    await page.get_by_test_id("tab-mail").click()
    await page.get_by_test_id("mail").first.click()
    letter = page.frame_locator('[data-testid="letter-html"]')
    await expect(letter.get_by_text("高血壓").first).to_be_visible()
    await expect(letter.get_by_text("本信內容由 AI 產生")).to_be_visible()
    await phone.picture("mail")
    await page.get_by_test_id("view-text").click()
    await expect(page.get_by_test_id("letter-text")).to_contain_text("參考資料")


async def test_a_users_own_data_comes_as_a_file(fresh: System, phone: Phone):
    await phone.type("我的資料", then="整理好了")
    link = phone.page.get_by_role("link", name="下載檔案").last
    async with phone.page.expect_download() as waiting:
        # In this tab: what a new one downloads is nobody's in Playwright.
        await link.evaluate("(link) => { link.target = '_self'; link.click(); }")
    file = await waiting.value
    assert file.suggested_filename == "mededbot-export.json"
    told = json.loads(Path(await file.path()).read_text())
    assert "我的資料" in str(told["conversations"])
    await phone.picture("my data")
