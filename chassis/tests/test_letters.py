"""Dead letters on a real JetStream: read, sent again, removed, counted."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import NoReturn

import pytest
from nats.aio.client import Client
from prometheus_client import REGISTRY

from chassis.bus.letters import Letters, count_letters, place_of
from chassis.bus.streams import DEAD_KEPT_SECONDS
from chassis.errors import Unavailable
from chassis.testing import poll
from chassis.tests.consuming import connected
from contracts.subjects import (
    DEAD_PREFIX,
    DEAD_STREAM,
    EDUCATION_MAKE_LEAFLET,
    EDUCATION_REQUESTED,
    SPEECH_STREAM,
    SPEECH_TRANSCRIBE,
)

SUBJECT = "evt.speech.failed.v1"
WAITING = "bus_dead_letters_waiting"


@pytest.fixture
async def client(nats: str) -> AsyncGenerator[Client]:
    async with connected(nats) as client:
        yield client


async def bury(client: Client, *bodies: str, consumer: str = SPEECH_TRANSCRIBE) -> None:
    """Put letters on the stream as a consumer does."""
    for body in bodies:
        headers = {
            "Dead-Subject": SUBJECT,
            "Dead-Error": "LookupError",
            "Dead-Place": "services.speech.scribe:42",
            "Dead-Tries": "5",
        }
        await client.jetstream().publish(DEAD_PREFIX + consumer, body.encode(), headers=headers)


async def all_of(client: Client) -> list[tuple[int, str]]:
    return [(each.number, each.body.decode()) async for each in Letters(client).all()]


async def test_a_letter_tells_who_gave_up_what_and_where(client: Client):
    await bury(client, "a")
    letter = await Letters(client).get(1)
    assert letter is not None
    assert (letter.consumer, letter.subject) == (SPEECH_TRANSCRIBE, SUBJECT)
    assert (letter.error, letter.place, letter.tries) == (
        "LookupError",
        "services.speech.scribe:42",
        5,
    )
    assert (letter.body, await Letters(client).get(2)) == (b"a", None)


async def test_letters_are_listed_in_order_and_leave_when_removed(client: Client):
    await bury(client, "a", "b", "c")
    for number in (2, 2):
        await Letters(client).remove(number)
    assert await all_of(client) == [(1, "a"), (3, "c")]


async def test_a_letter_is_sent_again_once_however_often_it_is_asked(client: Client):
    await bury(client, "a")
    letters = Letters(client)
    letter = await letters.get(1)
    assert letter is not None
    for _ in range(2):
        await letters.send_again(letter)
    info = await client.jsm().stream_info(SPEECH_STREAM)
    sent = await client.jsm().get_msg(SPEECH_STREAM, 1)
    assert (info.state.messages, sent.subject, sent.data) == (1, SUBJECT, b"a")
    assert (sent.headers or {})["Retry-For"] == SPEECH_TRANSCRIBE


async def test_letters_are_kept_for_longer_than_other_messages(client: Client):
    info = await client.jsm().stream_info(DEAD_STREAM)
    assert info.config.max_age == DEAD_KEPT_SECONDS


async def test_without_a_bus_nothing_can_be_read_or_done(client: Client):
    await bury(client, "a")
    letters = Letters(client)
    letter = await letters.get(1)
    assert letter is not None
    await client.close()
    for attempt in (
        letters.get(1),
        letters.remove(1),
        letters.send_again(letter),
        letters.waiting(),
    ):
        with pytest.raises(Unavailable):
            await attempt


@asynccontextmanager
async def counting(client: Client) -> AsyncGenerator[Callable[[str], float | None]]:
    task = asyncio.create_task(count_letters(client, every=0.01))
    try:
        yield lambda consumer: REGISTRY.get_sample_value(WAITING, {"consumer": consumer})
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_the_gauge_follows_what_waits(client: Client):
    await bury(client, "a", "b")
    await bury(client, "c", consumer=EDUCATION_MAKE_LEAFLET)
    async with counting(client) as waiting:
        await poll(lambda: waiting(SPEECH_TRANSCRIBE) == 2)
        assert waiting(EDUCATION_MAKE_LEAFLET) == 1
        for number in (1, 2):
            await Letters(client).remove(number)
        await poll(lambda: waiting(SPEECH_TRANSCRIBE) == 0)


def fail() -> NoReturn:
    int(EDUCATION_REQUESTED)
    raise AssertionError


def test_the_place_of_an_error_is_the_innermost_line_of_ours():
    with pytest.raises(ValueError, match="invalid literal") as caught:
        fail()
    line = fail.__code__.co_firstlineno + 1
    assert place_of(caught.value) == f"chassis.tests.test_letters:{line}"


def test_an_error_from_nowhere_has_no_place():
    assert place_of(LookupError()) == "?:0"
