"""The console's pages on dead letters: for an operator alone, and for what they ask on a page."""

import re
from itertools import product

import httpx

from chassis.tests.logged import WORDS
from services.gateway.tests.cable import Cable
from services.gateway.tests.desk import LETTERS, Desk

PATHS = ("/admin/", "/admin/nothing", LETTERS, f"{LETTERS}/1", f"{LETTERS}/1/drop")


async def press(desk: Desk, page: httpx.Response, action: str) -> httpx.Response:
    """Send the form of a page that leads to a path."""
    (form,) = re.findall(rf'<form method="post" action="{action}">(.*?)</form>', page.text)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    return await desk.http.post(action, data=fields, follow_redirects=True)


async def test_nothing_is_there_without_the_password(desk: Desk):
    desk.http.auth = httpx.Auth()  # none
    for method, path in product(("GET", "POST", "DELETE"), PATHS):
        answer = await desk.http.request(method, path)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic")
        assert answer.headers["cache-control"] == "no-store"


async def test_where_no_password_is_set_there_is_no_console(gateway: httpx.AsyncClient):
    assert [(await gateway.get(path)).status_code for path in PATHS] == [404] * len(PATHS)


async def test_who_guesses_is_locked_out_with_the_right_one_too(desk: Desk):
    wrong = httpx.BasicAuth("mei", "guess")
    tried = [(await desk.http.get(LETTERS, auth=wrong)).status_code for _ in range(6)]
    assert tried == [401] * 6
    answer = await desk.http.get(LETTERS)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 2


async def test_a_letter_is_listed_shown_and_sent_again(desk: Desk):
    event = await desk.gives_up()
    listed = await desk.http.get(LETTERS)
    assert "translation__translate (1)" in listed.text
    page = await desk.http.get(f"{LETTERS}/1")
    assert event.id in page.text
    assert "services.translation.handlers:33" in page.text
    assert WORDS not in page.text
    after = await press(desk, page, f"{LETTERS}/1/retry")
    assert "Sent again" in after.text
    assert "None waits." in after.text
    assert await desk.deeds() == ["retried by console: mei"]


async def test_what_a_user_said_is_shown_once_it_is_opened_and_that_is_on_record(desk: Desk):
    await desk.gives_up()
    page = await desk.http.get(f"{LETTERS}/1")
    assert WORDS in (await press(desk, page, f"{LETTERS}/1/open")).text
    assert await desk.deeds() == ["opened by console: mei"]


async def test_garbage_is_text_on_a_page_and_is_dropped(desk: Desk):
    await desk.bury(b"<script>alert(1)</script>")
    page = await desk.http.get(f"{LETTERS}/1")
    opened = await press(desk, page, f"{LETTERS}/1/open")
    assert "&lt;script&gt;" in opened.text
    assert "<script" not in opened.text
    assert "Dropped." in (await press(desk, page, f"{LETTERS}/1/drop")).text
    again = await press(desk, page, f"{LETTERS}/1/drop")
    assert "not there any more" in again.text
    assert await desk.deeds() == ["opened by console: mei", "dropped by console: mei"]


async def test_all_that_are_on_a_page_are_sent_again_together(desk: Desk):
    for _ in range(3):
        await desk.gives_up()
    page = await desk.http.get(f"{LETTERS}?consumer=translation__translate")
    await desk.gives_up()
    await press(desk, page, f"{LETTERS}/retry")
    assert len(await desk.deeds()) == 3
    assert "translation__translate (1)" in (await desk.http.get(LETTERS)).text


async def test_a_request_that_the_bus_lost_is_sent_again(desk: Desk):
    await desk.gives_up()
    await desk.nats.jsm().purge_stream("DEAD")
    page = await desk.http.get(LETTERS)
    assert "Requests without a letter (1)" in page.text
    assert "Requests without" not in (await press(desk, page, f"{LETTERS}/revive")).text


async def test_a_deed_without_a_form_of_ours_is_refused(desk: Desk):
    await desk.gives_up()
    forged: list[dict[str, str]] = [{}, {"token": "1.00"}, {"token": "x" * 5_000}]
    for deed, fields in product(("open", "retry", "drop"), forged):
        assert (await desk.http.post(f"{LETTERS}/1/{deed}", data=fields)).status_code == 403
    assert await desk.deeds() == []


async def test_a_form_is_good_for_its_own_letter_only(desk: Desk):
    await desk.gives_up()
    page = await desk.http.get(f"{LETTERS}/1")
    (token,) = set(re.findall(r'action="\S+/1/retry"><input [^>]*value="([^"]*)"', page.text))
    answer = await desk.http.post(f"{LETTERS}/1/drop", data={"token": token})
    assert answer.status_code == 403


async def test_a_page_of_another_site_gets_nothing_done(desk: Desk):
    for header in (("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")):
        answer = await desk.http.post("/admin/cleanup", headers=[header])
        assert answer.status_code == 403


async def test_nothing_may_run_on_a_page_or_frame_it(desk: Desk):
    headers = (await desk.http.get(LETTERS)).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


async def test_without_the_bus_the_page_says_so(desk: Desk, bus: Cable):
    await bus.cut()
    answer = await desk.http.get(LETTERS, timeout=30)
    assert answer.status_code == 503
    assert "does not answer" in answer.text


async def test_without_the_database_nobody_is_let_in(desk: Desk, database: Cable):
    await database.cut()
    assert (await desk.http.get(LETTERS)).status_code == 503
