"""Consuming from a real JetStream: order, trying again, dead letters, draining."""

import asyncio
import json
from collections.abc import AsyncGenerator

import pytest
from nats.js.errors import NotFoundError

from chassis.bus.letters import RETRY_FOR
from chassis.errors import Unavailable
from chassis.testing import poll
from chassis.tests.consuming import QUICK, SUBJECT, Replica, replica, send
from contracts.subjects import DEAD_PREFIX, DEAD_STREAM, SPEECH_STREAM, SPEECH_TRANSCRIBE

TEN = [str(number) for number in range(10)]


@pytest.fixture
async def one(nats: str) -> AsyncGenerator[Replica]:
    async with replica(nats) as one:
        yield one


@pytest.fixture
async def other(nats: str) -> AsyncGenerator[Replica]:
    async with replica(nats) as other:
        yield other


async def settled(one: Replica) -> bool:
    """Tell whether the server waits for nothing and has nothing more to give."""
    info = await one.client.jsm().consumer_info(SPEECH_STREAM, SPEECH_TRANSCRIBE)
    return (info.num_pending, info.num_ack_pending) == (0, 0)


async def test_a_conversation_is_handled_in_order_one_at_a_time(one: Replica):
    await send(one.client, "a", *TEN)

    async def slow(_: str) -> None:
        await asyncio.sleep(0)

    one.handle = slow
    one.start()
    await poll(lambda: len(one.done) == 10)
    assert (one.done, one.most_at_once) == (TEN, 1)
    assert await poll(lambda: settled(one))


async def test_conversations_do_not_wait_for_one_another(one: Replica):
    await send(one.client, "slow", "slow")
    for name in TEN:
        await send(one.client, f"of {name}", name)
    go_on = asyncio.Event()

    async def handle(name: str) -> None:
        if name == "slow":
            await go_on.wait()

    one.handle = handle
    one.start()
    await poll(lambda: len(one.done) == 10)
    assert sorted(one.done) == TEN
    go_on.set()
    await poll(lambda: "slow" in one.done)


async def test_no_more_messages_are_held_than_allowed(nats: str):
    async with replica(nats, max_in_flight=3) as one:
        for name in TEN:
            await send(one.client, name, name)
        gate = asyncio.Semaphore(0)

        async def wait(_: str) -> None:
            await gate.acquire()

        one.handle = wait
        one.start()
        await poll(lambda: one.at_once == 3)
        for _ in TEN:
            gate.release()
        await poll(lambda: len(one.done) == 10)
        assert one.most_at_once == 3


async def test_what_is_unavailable_is_tried_again_for_as_long_as_it_takes(one: Replica):
    await send(one.client, "a", "hard")
    await send(one.client, "b", "easy")

    async def handle(name: str) -> None:
        if name == "hard" and one.tries["hard"] < 8:
            raise Unavailable("something")

    one.handle = handle
    one.start()
    await poll(lambda: "hard" in one.done)
    assert (one.done[0], one.tries["easy"], one.tries["hard"]) == ("easy", 1, 8)
    assert one.parked == []
    assert await poll(lambda: settled(one))


async def test_back_off_grows_and_ends_at_its_longest():
    assert [QUICK.pause(tries) for tries in (1, 2, 3, 50)] == [0.05, 0.1, 0.1, 0.1]


async def test_a_bug_is_tried_five_times_and_then_a_dead_letter(one: Replica):
    await send(one.client, "a", "poison")
    await send(one.client, "b", "fine")

    async def handle(name: str) -> None:
        if name == "poison":
            raise LookupError(name)

    one.handle = handle
    one.start()
    await poll(lambda: one.parked)
    letter = await one.client.jsm().get_last_msg(DEAD_STREAM, DEAD_PREFIX + SPEECH_TRANSCRIBE)
    assert letter.headers is not None
    assert letter.headers["Dead-Subject"] == SUBJECT
    assert letter.headers["Dead-Error"] == "LookupError"
    assert letter.headers["Dead-Place"].startswith("chassis.tests.test_consumer:")
    assert letter.headers["Dead-Tries"] == "5"
    assert [letter.data] == one.parked
    assert (one.tries["poison"], one.done) == (5, ["fine"])
    assert await poll(lambda: settled(one))
    await send(one.client, "a", "next")
    await poll(lambda: "next" in one.done)


async def test_an_outage_does_not_use_up_the_tries_of_a_bug(one: Replica):
    await send(one.client, "a", "unlucky")

    async def handle(_: str) -> None:
        if one.tries["unlucky"] <= 6:
            raise Unavailable("something")
        if one.tries["unlucky"] <= 8:
            raise LookupError

    one.handle = handle
    one.start()
    await poll(lambda: one.done)
    assert (one.tries["unlucky"], one.parked) == (9, [])


async def test_what_is_no_event_of_ours_ends_as_a_dead_letter(one: Replica):
    await one.client.jetstream().publish(SUBJECT, b"\xff not JSON")
    await send(one.client, "a", "fine")
    one.start()
    await poll(lambda: one.parked == [b"\xff not JSON"])
    assert one.done == ["fine"]


async def test_a_dead_letter_is_written_once_however_often_parking_fails(one: Replica):
    await send(one.client, "a", "poison")

    async def handle(_: str) -> None:
        raise LookupError

    one.handle = handle
    one.park_fails = [Unavailable("the log"), Unavailable("the log")]
    one.start()
    await poll(lambda: one.parked)
    info = await one.client.jsm().stream_info(DEAD_STREAM)
    assert (info.state.messages, one.tries["poison"]) == (1, 7)


async def test_a_bug_in_parking_leaves_the_letter_and_holds_nobody_up(one: Replica):
    await send(one.client, "a", "poison", "next")

    async def handle(name: str) -> None:
        if name == "poison":
            raise LookupError

    one.handle = handle
    one.park_fails = [LookupError("parking")]
    one.start()
    await poll(lambda: one.tries["poison"] == 5)
    await poll(lambda: settled(one))
    info = await one.client.jsm().stream_info(DEAD_STREAM)
    assert (info.state.messages, one.done, one.parked) == (1, ["next"], [])


async def test_a_letter_too_large_to_be_read_back_is_kept_without_its_body(one: Replica):
    body = json.dumps({"stream": "a", "name": "huge", "id": "x" * 7_000_000}).encode()
    await one.client.jetstream().publish(SUBJECT, body)

    async def handle(_: str) -> None:
        raise LookupError

    one.handle = handle
    one.start()
    await poll(lambda: one.parked)
    letter = await one.client.jsm().get_last_msg(DEAD_STREAM, DEAD_PREFIX + SPEECH_TRANSCRIBE)
    assert not letter.data


async def test_what_is_sent_again_for_another_consumer_is_passed_by(one: Replica):
    for consumer in ("review__sample", SPEECH_TRANSCRIBE):
        body = json.dumps({"stream": "a", "name": consumer, "id": consumer}).encode()
        await one.client.jetstream().publish(SUBJECT, body, headers={RETRY_FOR: consumer})
    one.start()
    await poll(lambda: one.done)
    await poll(lambda: settled(one))
    assert one.begun == [SPEECH_TRANSCRIBE]


async def test_long_work_is_not_given_to_another_replica(one: Replica, other: Replica):
    go_on = asyncio.Event()

    async def handle(_: str) -> None:
        await go_on.wait()

    one.handle = handle
    one.start()
    await poll(lambda: one.run and one.client.stats["out_msgs"] > 0)
    await send(one.client, "a", "long")
    await poll(lambda: one.begun)
    other.start()
    await send(one.client, "b", "long too")
    ends = asyncio.get_running_loop().time() + 1.5 * QUICK.ack_wait
    await poll(lambda: asyncio.get_running_loop().time() > ends)
    go_on.set()
    await poll(lambda: settled(one))
    assert one.tries + other.tries == {"long": 1, "long too": 1}


async def test_the_messages_of_a_dead_replica_go_to_another_one(one: Replica, other: Replica):
    never = asyncio.Event()

    async def handle(_: str) -> None:
        await never.wait()

    one.handle = handle
    one.start()
    await send(one.client, "a", "orphan")
    await poll(lambda: one.begun)
    await one.client.close()
    other.start()
    await poll(lambda: other.done == ["orphan"])


async def test_two_replicas_share_the_work(one: Replica, other: Replica):
    names = [str(number) for number in range(200)]
    one.start()
    other.start()
    for name in names:
        await send(one.client, name, name)
    await poll(lambda: len(one.done) + len(other.done) >= 200, within=10)
    assert sorted(one.done + other.done) == sorted(names)
    assert min(len(one.done), len(other.done)) > 0


async def test_draining_lets_work_end_and_hands_back_the_rest_at_once(one: Replica, other: Replica):
    go_on = asyncio.Event()

    async def handle(_: str) -> None:
        await go_on.wait()

    one.handle = handle
    await send(one.client, "a", "in hand", "second", "third")
    one.start()
    await poll(lambda: one.begun)
    one.consumer.drain()
    other.start()
    await poll(lambda: len(other.done) == 2)
    assert other.done == ["second", "third"]
    go_on.set()
    await one.stop()
    assert (one.begun, one.done) == (["in hand"], ["in hand"])
    assert await poll(lambda: settled(other))


async def test_work_that_does_not_end_in_time_goes_to_another_replica(one: Replica, other: Replica):
    never = asyncio.Event()

    async def handle(_: str) -> None:
        await never.wait()

    one.handle = handle
    await send(one.client, "a", "endless")
    one.start()
    await poll(lambda: one.begun)
    began = asyncio.get_running_loop().time()
    await one.stop()
    assert asyncio.get_running_loop().time() - began < QUICK.drain + 1
    other.start()
    await poll(lambda: other.done == ["endless"], within=0.9 * QUICK.ack_wait)


async def test_nothing_is_lost_when_replicas_come_and_go_under_load(nats: str):
    names = [str(number) for number in range(300)]
    seen: list[str] = []
    async with replica(nats) as sender:
        sending = asyncio.gather(*(send(sender.client, name[-1], name) for name in names))
        while len(seen) < len(names):
            async with replica(nats) as one:
                one.start()
                target = min(len(names), len(seen) + 60)
                await poll(lambda: len(seen) + len(one.done) >= target)  # noqa: B023
            seen += one.done
        await sending
        assert await poll(lambda: settled(sender))
    assert sorted(seen) == sorted(names)


async def test_a_consumer_on_a_stream_that_is_not_there_says_so(one: Replica):
    await one.client.jsm().delete_stream(SPEECH_STREAM)
    with pytest.raises(NotFoundError):
        await one.consumer.run()
