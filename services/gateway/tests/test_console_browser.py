"""The console in a real Chromium, without a script: listed, opened, sent again, dropped."""

import shutil
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from playwright.async_api import HttpCredentials, Page, ViewportSize, async_playwright, expect

from chassis.tests.logged import WORDS
from services.gateway.tests.desk import LETTERS, PASSWORD, Desk

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
COMPUTER = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)
MILLISECONDS = 30_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine"),
]


@pytest.fixture
async def page(desk: Desk) -> AsyncGenerator[Page]:
    """Open a browser that knows the password and runs no script; nothing may go wrong on a page."""
    expect.set_options(timeout=MILLISECONDS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        context = await browser.new_context(
            base_url=str(desk.http.base_url),
            viewport=COMPUTER,
            java_script_enabled=False,
            http_credentials=HttpCredentials(username="mei", password=PASSWORD),
        )
        page = await context.new_page()
        faults: list[str] = []
        page.on("console", lambda line: faults.append(line.text))
        yield page
        await browser.close()
    assert faults == []


async def test_an_operator_looks_opens_sends_again_and_drops(
    desk: Desk, page: Page, tmp_path: Path
):
    await desk.gives_up()
    await desk.bury(b"<b>garbage</b>")
    await page.goto(LETTERS)
    await expect(page.get_by_role("row")).to_have_count(1 + 2)
    await page.screenshot(path=tmp_path / "list.png")
    await page.get_by_role("link", name="1", exact=True).click()
    await expect(page.get_by_role("heading", name="Dead letter 1")).to_be_visible()
    await page.screenshot(path=tmp_path / "letter.png", full_page=True)
    await expect(page.get_by_text(WORDS)).to_have_count(0)
    await page.get_by_text("Open what is sealed").click()
    await page.get_by_role("button", name="Open it, on record").click()
    await expect(page.get_by_text(WORDS)).to_be_visible()
    await page.set_viewport_size(PHONE)
    await page.screenshot(path=tmp_path / "opened on a phone.png", full_page=True)
    await page.get_by_role("button", name="Retry it").click()
    await expect(page.get_by_role("status")).to_contain_text("Sent again")
    await page.screenshot(path=tmp_path / "list on a phone.png")
    await page.get_by_role("link", name="2", exact=True).click()
    await page.get_by_text("Drop …").click()
    await page.get_by_role("button", name="Drop it for good").click()
    await expect(page.get_by_text("None waits.")).to_be_visible()
    done = ["opened", "retried", "dropped"]
    assert await desk.deeds() == [f"{deed} by console: mei" for deed in done]
