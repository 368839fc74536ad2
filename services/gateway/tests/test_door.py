"""`POST /webhook`: who comes in and what the others are told; never a 500."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Message

from chassis.bus.behind import Load
from services.gateway.door import BODY_TIME, MAX_BODY_BYTES, MAX_READING_BYTES, Door
from services.gateway.intake import Intake
from services.gateway.measured import Measured
from services.gateway.pace import PATIENCE, Pace
from services.gateway.tests.line import (
    SECRET,
    body,
    event,
    group_event,
    headers,
    text_event,
)
from services.gateway.tests.memory import MemoryInbox

SENTENCE = body(text_event("頭痛"))
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def door(
    inbox: MemoryInbox,
    room: int = 4,
    patience: timedelta = BODY_TIME,
    pace: Pace | None = None,
) -> Door:
    return Door(SECRET, Intake(inbox), pace, room=room, patience=patience)


def raw(sent: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in sent.items()]


@asynccontextmanager
async def client_of(app: Door) -> AsyncGenerator[httpx.AsyncClient]:
    web = Starlette(routes=[Route("/webhook", Measured("/webhook", app))])
    transport = httpx.ASGITransport(web)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield client


@pytest.fixture
def inbox() -> MemoryInbox:
    return MemoryInbox()


@pytest.fixture
async def line(inbox: MemoryInbox) -> AsyncGenerator[httpx.AsyncClient]:
    async with client_of(door(inbox)) as client:
        yield client


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("bot_webhook_requests_total", {"outcome": outcome}) or 0.0


async def test_a_signed_message_is_recorded_and_acknowledged(
    line: httpx.AsyncClient, inbox: MemoryInbox
):
    answer = await line.post("/webhook", content=SENTENCE, headers=headers(SENTENCE))
    assert (answer.status_code, inbox.texts()) == (200, ["頭痛"])


async def test_the_consoles_trial_call_is_acknowledged(line: httpx.AsyncClient):
    answer = await line.post("/webhook", content=body(), headers=headers(body()))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "outcome"),
    [
        ({"x_line_signature": "AAAA"}, 401, "forged"),
        ({"x_line_signature": "é"}, 401, "forged"),
        ({"x_line_signature": ""}, 401, "forged"),
        ({"content_type": "text/plain"}, 415, "wrong_type"),
        ({"content_type": ""}, 415, "wrong_type"),
        ({"content_length": str(MAX_BODY_BYTES + 1)}, 413, "too_large"),
        ({"content_length": "9" * 5_000}, 413, "too_large"),
        ({"content_length": "-1"}, 400, "broken"),
    ],
)
async def test_whoever_is_not_line_is_turned_away_and_counted(
    line: httpx.AsyncClient,
    inbox: MemoryInbox,
    changes: dict[str, str],
    status: int,
    outcome: str,
):
    before = counted(outcome)
    sent = raw(headers(SENTENCE, **changes))
    answer = await line.post("/webhook", content=SENTENCE, headers=sent)
    assert (answer.status_code, inbox.recorded) == (status, [])
    assert counted(outcome) == before + 1


async def test_without_a_signature_nothing_is_stored(line: httpx.AsyncClient, inbox: MemoryInbox):
    answer = await line.post("/webhook", json={"events": [text_event()]})
    assert (answer.status_code, inbox.recorded) == (401, [])


async def test_a_signature_counts_in_any_case_of_its_header(line: httpx.AsyncClient):
    sent = {name.title(): value for name, value in headers(SENTENCE).items()}
    answer = await line.post("/webhook", content=SENTENCE, headers=sent)
    assert answer.status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "BREW"])
async def test_only_post_is_a_webhook(line: httpx.AsyncClient, method: str):
    answer = await line.request(method, "/webhook")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("broken", [b"", b"{", b"[]", b'{"events":1}', b"\xff", b"[" * 90_000])
async def test_signed_nonsense_is_a_bad_request(line: httpx.AsyncClient, broken: bytes):
    answer = await line.post("/webhook", content=broken, headers=headers(broken))
    assert answer.status_code == 400


async def test_a_body_is_not_read_past_its_limit(line: httpx.AsyncClient, inbox: MemoryInbox):
    async def endless() -> AsyncIterator[bytes]:
        while True:
            given.append(1)
            yield b" " * 65_536

    given: list[int] = []
    answer = await line.post("/webhook", content=endless(), headers=headers(b""))
    assert (answer.status_code, inbox.recorded) == (413, [])
    assert len(given) <= MAX_BODY_BYTES // 65_536 + 1


async def test_as_many_events_as_fit_are_all_recorded(line: httpx.AsyncClient, inbox: MemoryInbox):
    many = body(*(text_event(number=number) for number in range(300)))
    answer = await line.post("/webhook", content=many, headers=headers(many))
    assert (answer.status_code, len(inbox.recorded)) == (200, 300)


@pytest.mark.parametrize("count", [301, 1_000])
async def test_more_events_than_that_are_all_refused(
    line: httpx.AsyncClient, inbox: MemoryInbox, count: int
):
    many = body(*(text_event(number=number) for number in range(count)))
    before = counted("too_large")
    answer = await line.post("/webhook", content=many, headers=headers(many))
    assert (answer.status_code, inbox.recorded) == (413, [])
    assert counted("too_large") == before + 1


async def test_one_strange_event_does_not_cost_the_others(
    line: httpx.AsyncClient, inbox: MemoryInbox
):
    mixed = body(text_event("一"), event("hologram", number=2), 7, text_event("二", number=3))
    answer = await line.post("/webhook", content=mixed, headers=headers(mixed))
    types = [each.type.partition(".")[2] for each in inbox.recorded]
    assert answer.status_code == 200
    assert sorted(types) == ["message_received"] * 2 + ["unknown_received"] * 2


async def test_people_talking_in_a_group_are_acknowledged_and_forgotten(
    line: httpx.AsyncClient, inbox: MemoryInbox
):
    chatter = body(group_event("今天吃什麼"))
    answer = await line.post("/webhook", content=chatter, headers=headers(chatter))
    assert (answer.status_code, inbox.recorded) == (200, [])


async def test_without_a_log_line_is_asked_to_come_again(
    line: httpx.AsyncClient, inbox: MemoryInbox
):
    inbox.is_down = True
    turned = await line.post("/webhook", content=SENTENCE, headers=headers(SENTENCE))
    inbox.is_down = False
    again = await line.post("/webhook", content=SENTENCE, headers=headers(SENTENCE))
    assert (turned.status_code, again.status_code) == (503, 200)
    assert inbox.texts() == ["頭痛"]


async def test_the_same_webhook_twice_is_recorded_once(line: httpx.AsyncClient, inbox: MemoryInbox):
    for _ in range(2):
        answer = await line.post("/webhook", content=SENTENCE, headers=headers(SENTENCE))
        assert answer.status_code == 200
    assert inbox.texts() == ["頭痛"]


async def test_a_full_house_says_so_at_once(inbox: MemoryInbox):
    inbox.open.clear()
    async with client_of(door(inbox, room=1)) as line:
        first = asyncio.create_task(
            line.post("/webhook", content=SENTENCE, headers=headers(SENTENCE))
        )
        for _ in range(20):
            await asyncio.sleep(0)
        turned = await line.post("/webhook", content=SENTENCE, headers=headers(SENTENCE))
        inbox.open.set()
        assert (turned.status_code, (await first).status_code) == (503, 200)


async def test_while_the_services_are_behind_line_is_asked_to_come_again_later(inbox: MemoryInbox):
    time = 100.0
    pace = Pace(lambda: time)
    for _ in range(PATIENCE):
        pace.step([Load(waiting=400, taken=40.0)])
    async with client_of(door(inbox, pace=pace)) as line:
        turned = await line.post("/webhook", content=SENTENCE, headers=headers(SENTENCE))
        time += 1.0
        let_in = await line.post("/webhook", content=SENTENCE, headers=headers(SENTENCE))
    assert (turned.status_code, turned.text, let_in.status_code) == (503, "behind", 200)
    assert turned.headers["retry-after"] == "1"
    assert inbox.texts() == ["頭痛"]


async def test_bodies_that_would_fill_the_memory_are_turned_away(inbox: MemoryInbox):
    going_on = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        await going_on.wait()
        yield b"{}"

    many = MAX_READING_BYTES // MAX_BODY_BYTES
    async with client_of(door(inbox, room=2 * many)) as line:
        waiting = [
            asyncio.create_task(line.post("/webhook", content=slowly(), headers=headers(b"{}")))
            for _ in range(many)
        ]
        for _ in range(50):
            await asyncio.sleep(0)
        turned = await line.post("/webhook", content=SENTENCE, headers=headers(SENTENCE))
        going_on.set()
        codes = {(await each).status_code for each in waiting}
    assert (turned.status_code, turned.text, codes) == (503, "full", {400})


async def test_the_trace_of_the_caller_goes_on(line: httpx.AsyncClient, inbox: MemoryInbox):
    await line.post("/webhook", content=SENTENCE, headers=headers(SENTENCE, traceparent=TRACE))
    other = body(text_event(number=2))
    await line.post("/webhook", content=other, headers=headers(other, traceparent="nonsense"))
    ours, new = (each.traceparent or "" for each in inbox.recorded)
    assert ours[3:35] == TRACE[3:35]
    assert len(new) == len(TRACE)
    assert new[3:35] != TRACE[3:35]


async def test_whoever_hangs_up_while_sending_is_forgotten(inbox: MemoryInbox):
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    sent: list[Message] = []
    scope = {"type": "http", "method": "POST", "headers": raw(headers(b""))}
    await door(inbox)(scope, gone, send)
    assert (sent[0]["status"], inbox.recorded) == (400, [])


async def test_a_body_that_dribbles_in_is_not_waited_for(inbox: MemoryInbox):
    async def endless() -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0)
            yield b" "

    async with client_of(door(inbox, patience=timedelta(milliseconds=20))) as line:
        answer = await line.post("/webhook", content=endless(), headers=headers(b""))
    assert (answer.status_code, inbox.recorded) == (408, [])


async def test_requests_are_timed_under_the_routes_name(line: httpx.AsyncClient):
    labels = {
        "http_request_method": "_OTHER",
        "http_route": "/webhook",
        "http_response_status_code": "405",
    }
    name = "http_server_request_duration_seconds_count"
    before = REGISTRY.get_sample_value(name, labels) or 0.0
    await line.request("BREW", "/webhook")
    assert REGISTRY.get_sample_value(name, labels) == before + 1


@given(st.binary(), st.sampled_from(["content-type", "x-line-signature"]), st.binary())
async def test_no_request_whatever_is_an_error_of_ours(content: bytes, name: str, value: bytes):
    sent = [each for each in raw(headers(content)) if each[0] != name.encode()]
    async with client_of(door(MemoryInbox())) as line:
        answer = await line.post(
            "/webhook", content=content, headers=[*sent, (name.encode(), value)]
        )
    assert answer.status_code < 500


@given(st.binary())
async def test_no_signed_body_whatever_is_an_error_of_ours(content: bytes):
    async with client_of(door(MemoryInbox())) as line:
        answer = await line.post("/webhook", content=content, headers=headers(content))
    assert answer.status_code in {200, 400}
