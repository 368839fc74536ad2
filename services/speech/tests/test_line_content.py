"""Voice messages out of LINE, over HTTP, with everything that can go wrong."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from chassis.breaker import Breaker
from chassis.resilience import Backoff
from contracts.education import FailureReason
from services.speech.kinds import M4A, MP3
from services.speech.line_content import MOST_BYTES, LineRecordings, line_recordings
from services.speech.ports import NoResult
from services.speech.tests.line_server import TOKEN, LineServer, line_server

AT_ONCE = Backoff(first=timedelta(0), longest=timedelta(0), jitter=timedelta(0))
CONTENT = "/v2/bot/message/m1/content"


@pytest.fixture
async def line() -> AsyncGenerator[LineServer]:
    async with line_server() as line:
        yield line


@asynccontextmanager
async def fetching(
    line: LineServer, *, seconds: float = 10, breaker: Breaker | None = None
) -> AsyncGenerator[LineRecordings]:
    async with line_recordings(
        base_url=line.url,
        token=TOKEN,
        attempt_timeout=timedelta(seconds=seconds),
        backoff=AT_ONCE,
        breaker=breaker,
        poll_seconds=0.01,
    ) as recordings:
        yield recordings


def within(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def refused(line: LineServer, *, seconds: float = 20, message: str = "m1") -> FailureReason:
    async with fetching(line) as recordings:
        with pytest.raises(NoResult) as failed:
            await recordings.fetch(message, within(seconds))
    return failed.value.reason


async def test_a_recording_comes_with_its_kind(line: LineServer):
    async with fetching(line) as recordings:
        found = await recordings.fetch("m1", within(20))
    assert (found.kind, found.data) == (M4A, line.content)
    assert line.tokens == {f"Bearer {TOKEN}"}
    assert line.paths == [CONTENT]


async def test_the_sender_s_name_for_it_counts_where_the_bytes_say_nothing(line: LineServer):
    line.content, line.kind = b"odd bytes", "audio/mpeg"
    async with fetching(line) as recordings:
        assert (await recordings.fetch("m1", within(20))).kind == MP3


async def test_a_recording_that_is_being_prepared_is_waited_for(line: LineServer):
    line.answers, line.states = [202, 200], ["processing", "processing", "succeeded"]
    async with fetching(line) as recordings:
        assert (await recordings.fetch("m1", within(20))).data == line.content
    assert line.paths == [CONTENT, *[f"{CONTENT}/transcoding"] * 3, CONTENT]


async def test_a_recording_that_cannot_be_prepared_is_refused(line: LineServer):
    line.answers, line.states = [202], ["processing", "failed"]
    assert await refused(line) == "rejected"


async def test_a_recording_that_is_never_ready_is_late(line: LineServer):
    line.answers, line.states = [202], ["processing"]
    assert await refused(line, seconds=1.3) == "late"


@pytest.mark.parametrize(
    ("status", "reason", "calls"),
    [
        (404, "gone", 1),
        (410, "gone", 1),
        (401, "unavailable", 1),
        (403, "unavailable", 1),
        (400, "rejected", 1),
        (302, "rejected", 1),
        (429, "unavailable", 3),
        (500, "unavailable", 3),
        (503, "unavailable", 3),
        ("reset", "unavailable", 6),  # aiohttp asks once more by itself
    ],
)
async def test_what_line_refuses_is_a_failure_with_its_reason(
    line: LineServer, status: int | str, reason: str, calls: int
):
    line.answers = [status]
    assert await refused(line) == reason
    assert len(line.paths) == calls


@pytest.mark.parametrize("status", [429, 500, 503, "reset"])
async def test_a_trouble_that_passes_goes_unseen(line: LineServer, status: int | str):
    line.answers = [status, status, 200]
    async with fetching(line) as recordings:
        assert (await recordings.fetch("m1", within(20))).data == line.content


async def test_a_page_in_place_of_a_recording_is_none(line: LineServer):
    line.content, line.kind = b"<html>Bad gateway</html>", "text/html"
    assert await refused(line) == "unavailable"
    assert len(line.paths) == 3


async def test_a_page_in_place_of_a_state_is_asked_for_again(line: LineServer):
    line.answers, line.states = [202, 200], ["page", "succeeded"]
    async with fetching(line) as recordings:
        assert (await recordings.fetch("m1", within(20))).data == line.content


async def test_a_hanging_attempt_is_given_up_and_made_anew(line: LineServer):
    line.answers = ["hang", 200]
    async with fetching(line, seconds=0.2) as recordings:
        assert (await recordings.fetch("m1", within(20))).data == line.content


async def test_after_its_deadline_nobody_is_asked(line: LineServer):
    assert await refused(line, seconds=0) == "late"
    assert line.paths == []


async def test_a_recording_that_says_to_be_too_large_is_not_read(line: LineServer):
    line.content = bytes(MOST_BYTES + 1)
    assert await refused(line) == "too_large"


async def test_a_recording_without_end_is_cut_off(line: LineServer):
    line.answers = ["endless"]
    assert await refused(line) == "too_large"


async def test_a_recording_without_a_byte_is_empty(line: LineServer):
    line.content = b""
    assert await refused(line) == "empty"


async def test_an_id_stays_one_part_of_the_path(line: LineServer):
    async with fetching(line) as recordings:
        await recordings.fetch("../../x?y", within(20))
    assert line.paths == ["/v2/bot/message/..%2F..%2Fx%3Fy/content"]


async def test_failed_calls_open_the_breaker_and_refusals_do_not(line: LineServer):
    breaker = Breaker("line_content", failures=2)
    async with fetching(line, breaker=breaker) as recordings:
        for answer in (410, 500, 500):
            line.answers = [answer]
            with pytest.raises(NoResult):
                await recordings.fetch("m1", within(20))
    assert breaker.is_open


async def test_neither_token_nor_words_are_logged(
    line: LineServer, capfd: pytest.CaptureFixture[str]
):
    line.answers = [401]
    await refused(line)
    shown = "".join(capfd.readouterr())
    assert "line_refused_content" in shown
    assert TOKEN not in shown
    assert "m1" not in shown
