"""The real client of Gemini over HTTP, against a server that says exactly what it is told."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from chassis.breaker import Breaker, CircuitOpen
from chassis.errors import Unavailable
from chassis.gemini import Gemini, failure_reason, gemini, recipe
from chassis.gemini_failures import (
    Blocked,
    Empty,
    Malformed,
    Misconfigured,
    ModelFailed,
    Rejected,
    Truncated,
)
from chassis.resilience import TooLate
from chassis.testing import poll
from chassis.tests.gemini_server import (
    AT_ONCE,
    CUT,
    HANG,
    KEY,
    PAGE,
    RESET,
    Server,
    asking,
    failing,
    reply,
    said,
    serving,
)

SECRET_TEXT = "王小明的病歷"
PLAIN = recipe("You write.")
SCHEMA = {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}, "required": ["a"]}
STRUCTURED = recipe("You answer.", schema=SCHEMA, needed=("a",))
DAILY = {"violations": [{"quotaId": "RequestsPerDay"}]}
SHORT_PAUSE = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.001s"}
LONG_PAUSE = SHORT_PAUSE | {"retryDelay": "3600s"}


@pytest.fixture(scope="module")
async def listening() -> AsyncGenerator[Server]:
    async with serving() as playing:
        yield playing


@pytest.fixture
def server(listening: Server) -> Server:
    listening.begin_anew()
    return listening


@pytest.fixture(scope="module")
async def model(listening: Server) -> AsyncGenerator[Gemini]:
    # One client for all tests, as in a process: each takes 0.2 s to build.
    async with asking(listening, breaker=Breaker("gemini", failures=1_000)) as asked:
        yield asked


def within(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def test_the_request_is_what_gemini_expects(server: Server, model: Gemini):
    await model.ask(recipe("You search.", searching=True), {"task": "leaflet", "topic": "糖尿病"})
    (request,) = server.requests
    assert "/models/gemini-test:generateContent HTTP/1.1" in request["head"]
    assert request["headers"]["x-goog-api-key"] == KEY
    (content,) = request["body"]["contents"]
    assert orjson.loads(content["parts"][0]["text"]) == {"task": "leaflet", "topic": "糖尿病"}
    assert request["body"]["systemInstruction"]["parts"] == [{"text": "You search."}]
    assert request["body"]["tools"] == [{"googleSearch": {}}]
    assert request["body"]["generationConfig"] == {"maxOutputTokens": 5000}


async def test_a_structured_question_carries_its_schema(server: Server, model: Gemini):
    server.replies = [said('{"a": "1"}')]
    assert (await model.ask(STRUCTURED, {})).fields == {"a": "1"}
    config = server.requests[0]["body"]["generationConfig"]
    assert config["responseMimeType"] == "application/json"
    assert config["responseSchema"] == SCHEMA


async def test_without_a_model_version_the_model_asked_is_named(model: Gemini):
    assert (await model.ask(PLAIN, {})).model_version == "gemini-test"


@pytest.mark.parametrize(
    "trouble",
    [
        failing("429 RESOURCE_EXHAUSTED"),
        failing("429 RESOURCE_EXHAUSTED", SHORT_PAUSE),
        failing("500 INTERNAL"),
        failing("502 BAD_GATEWAY"),
        failing("503 UNAVAILABLE"),
        failing("504 DEADLINE_EXCEEDED"),
        reply("oops", "500 INTERNAL", "application/json"),
        reply("\x80oops", "503 UNAVAILABLE", "text/plain"),
        PAGE,
        CUT,
        RESET,
        reply({}),
        reply("", kind="application/json"),
        said(" "),
    ],
)
async def test_two_troubles_that_pass_are_no_failure(server: Server, model: Gemini, trouble: bytes):
    server.replies = [trouble, trouble, said()]
    assert (await model.ask(PLAIN, {})).text == "多喝水"
    assert len(server.requests) == 3


async def test_a_malformed_structured_answer_is_asked_for_again(server: Server, model: Gemini):
    server.replies = [said("sorry"), said('{"b": "1"}'), said('```json\n{"a": "1"}\n```')]
    assert (await model.ask(STRUCTURED, {})).fields == {"a": "1"}


@pytest.mark.parametrize(
    ("trouble", "error", "reason", "calls"),
    [
        (failing("503 UNAVAILABLE"), Unavailable, "unavailable", 3),
        (failing("429 RESOURCE_EXHAUSTED"), Unavailable, "unavailable", 3),
        (failing("429 RESOURCE_EXHAUSTED", DAILY), Unavailable, "unavailable", 1),
        (failing("429 RESOURCE_EXHAUSTED", LONG_PAUSE), Unavailable, "unavailable", 1),
        (failing("400 INVALID_ARGUMENT"), Rejected, "rejected", 1),
        (failing("401 UNAUTHENTICATED"), Misconfigured, "unavailable", 1),
        (failing("403 PERMISSION_DENIED"), Misconfigured, "unavailable", 1),
        (failing("404 NOT_FOUND"), Misconfigured, "unavailable", 1),
        (PAGE, Unavailable, "unavailable", 3),
        (RESET, Unavailable, "unavailable", 3),
        (reply({}), Empty, "empty", 3),
        (said(finishReason="SAFETY"), Blocked, "blocked", 1),
        (said(finishReason="MAX_TOKENS"), Truncated, "malformed", 1),
        (said("sorry"), Malformed, "malformed", 3),
    ],
)
async def test_a_trouble_that_stays_is_a_failure(
    server: Server, model: Gemini, trouble: bytes, error: type[Exception], reason: str, calls: int
):
    server.replies = [trouble]
    with pytest.raises(error) as failed:
        await model.ask(STRUCTURED, {})
    assert isinstance(failed.value, (ModelFailed, Unavailable))
    assert failure_reason(failed.value) == reason
    assert len(server.requests) == calls


async def test_a_hanging_attempt_is_given_up_and_made_anew(server: Server):
    server.replies = [HANG, said()]
    async with asking(server, seconds=0.2) as impatient:
        assert (await impatient.ask(PLAIN, {})).text == "多喝水"


async def test_a_hanging_call_ends_at_its_deadline(server: Server, model: Gemini):
    server.replies = [HANG]
    deadline = within(1.2)
    with pytest.raises(TooLate):
        await model.ask(PLAIN, {}, deadline=deadline)
    assert datetime.now(UTC) - deadline < timedelta(seconds=0.5)


async def test_past_its_deadline_nobody_is_asked(server: Server, model: Gemini):
    with pytest.raises(TooLate) as late:
        await model.ask(PLAIN, {}, deadline=within(-1))
    assert failure_reason(late.value) == "late"
    assert server.requests == []


async def test_calls_run_at_the_same_time(server: Server, model: Gemini):
    server.replies = [HANG]
    calls = [asyncio.create_task(model.ask(PLAIN, {})) for _ in range(64)]
    await poll(lambda: server.most_open == 64, what="64 calls at once")
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    assert await poll(lambda: server.open == 0, what="all connections closed")


async def test_five_failed_calls_open_the_breaker_of_gemini(server: Server):
    server.replies = [failing("500 INTERNAL")]
    async with asking(server) as model:
        for _ in range(5):
            with pytest.raises(Unavailable):
                await model.ask(PLAIN, {})
        with pytest.raises(CircuitOpen):
            await model.ask(PLAIN, {})
    assert len(server.requests) == 15


async def test_two_open_clients_keep_their_breakers_apart(server: Server):
    breaker = Breaker("gemini", failures=1)
    async with (
        gemini(
            api_key=KEY,
            base_url="http://127.0.0.1:9",
            model="gemini-test",
            attempt_timeout=timedelta(seconds=5),
            backoff=AT_ONCE,
            breaker=breaker,
        ) as nobody,
        asking(server) as somebody,
    ):
        with pytest.raises(Unavailable):
            await nobody.ask(PLAIN, {})
        assert breaker.is_open
        assert (await somebody.ask(PLAIN, {})).text == "多喝水"


async def test_neither_key_nor_words_are_logged(
    server: Server, model: Gemini, capfd: pytest.CaptureFixture[str]
):
    for trouble in (failing("400 INVALID"), failing("500 INTERNAL"), PAGE, said(SECRET_TEXT)):
        server.replies = [trouble]
        with suppress(ModelFailed, Unavailable):
            await model.ask(STRUCTURED, {"text": SECRET_TEXT})
    shown = capfd.readouterr()
    assert "gemini_rejected_request" in shown.out + shown.err
    assert SECRET_TEXT not in shown.out + shown.err
    assert KEY not in shown.out + shown.err


@pytest.mark.parametrize("said", ["401 UNAUTHENTICATED", "403 DENIED", "404 NOT_FOUND"])
async def test_what_only_the_operator_can_mend_is_logged_as_an_error(
    server: Server, model: Gemini, capfd: pytest.CaptureFixture[str], said: str
):
    server.replies = [failing(said)]
    with pytest.raises(Misconfigured):
        await model.ask(PLAIN, {})
    shown = capfd.readouterr()
    assert "gemini_rejected_request" in shown.out + shown.err


async def test_an_error_carries_neither_key_nor_words(server: Server, model: Gemini):
    server.replies = [failing("400 INVALID_ARGUMENT")]
    with pytest.raises(Rejected) as rejected:
        await model.ask(PLAIN, {"text": SECRET_TEXT})
    assert KEY not in repr(rejected.value)
    assert rejected.value.__cause__ is None
