"""The bus in memory does what nats-server does, as far as our consumer can tell."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from chassis.bus.consumer import MAX_TRIES
from chassis.bus.streams import ensure_streams
from chassis.errors import Unavailable
from chassis.testing import poll
from chassis.tests.consuming import QUICK, SUBJECT, Replica, connected, send
from contracts.subjects import STREAMS
from tests.simulation.client import Client, Wire
from tests.simulation.jetstream import Server

Connect = Callable[[], AbstractAsyncContextManager[Any]]


class RealTime:
    """Passes time as it passes."""

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def later(self, seconds: float, what: Callable[..., object], *args: Any) -> object:
        return asyncio.get_running_loop().call_later(seconds, what, *args)


@dataclass(frozen=True)
class Bus:
    """A bus with all streams, whichever it is."""

    connect: Connect

    @asynccontextmanager
    async def replica(self) -> AsyncGenerator[Replica]:
        """Run one replica of a consumer."""
        async with self.connect() as client:
            one = Replica(client, QUICK)
            one.start()
            try:
                yield one
            finally:
                await one.stop()


@pytest.fixture(params=["nats-server", "memory"])
async def bus(request: pytest.FixtureRequest, nats: str) -> Bus:
    if request.param == "nats-server":
        return Bus(lambda: connected(nats))
    server = Server(RealTime())

    @asynccontextmanager
    async def connect() -> AsyncGenerator[Client]:
        client = Client(server, Wire(Random(0)), asyncio.create_task)
        yield client
        client.close()

    async with connect() as client:
        await ensure_streams(client)  # pyright: ignore[reportArgumentType]
    return Bus(connect)


@pytest.fixture
async def sender(bus: Bus) -> AsyncGenerator[Any]:
    async with bus.connect() as client:
        yield client


async def test_each_message_is_handled_once_and_a_conversations_in_order(bus: Bus, sender: Any):
    names = [str(number) for number in range(40)]
    async with bus.replica() as one, bus.replica() as other:
        await send(sender, "s", *names)
        await poll(lambda: len(one.done) + len(other.done) == len(names))
        assert Counter(one.done + other.done) == Counter(names)
        assert one.done == sorted(one.done, key=int)


async def test_what_was_stored_before_anybody_listened_is_delivered(bus: Bus, sender: Any):
    await send(sender, "s", "early")
    async with bus.replica() as one:
        await poll(lambda: one.done == ["early"])


async def test_what_cannot_be_done_now_comes_again(bus: Bus, sender: Any):
    async with bus.replica() as one:
        tries: list[str] = []

        async def fail_twice(name: str) -> None:
            tries.append(name)
            if len(tries) < 3:
                raise Unavailable("the test")

        one.handle = fail_twice
        await send(sender, "s", "a")
        await poll(lambda: one.done == ["a"])
        assert tries == ["a"] * 3


async def test_a_bug_ends_as_one_dead_letter_that_is_parked(bus: Bus, sender: Any):
    heard: list[str] = []

    async def hear(message: Any) -> None:
        heard.append(message.subject)

    await sender.subscribe("dead.speech__transcribe", cb=hear)
    async with bus.replica() as one:

        async def fail(_: str) -> None:
            raise ZeroDivisionError

        one.handle = fail
        await send(sender, "s", "a")
        await poll(lambda: one.parked)
        assert one.tries["a"] == MAX_TRIES
        await poll(lambda: heard == ["dead.speech__transcribe"])


async def test_a_replica_that_is_gone_leaves_its_message_to_another(bus: Bus, sender: Any):
    async with bus.replica() as one, bus.replica() as other:
        hung = asyncio.Event()

        async def hang(_: str) -> None:
            await hung.wait()

        one.handle = other.handle = hang
        await send(sender, "s", "a")
        await poll(lambda: one.begun + other.begun == ["a"])
        first, second = (one, other) if one.begun else (other, one)
        await hang_up(first.client)
        await poll(lambda: second.begun == ["a"])
        hung.set()
        await poll(lambda: second.done == ["a"])


async def test_signs_of_life_keep_a_message_from_others(bus: Bus, sender: Any):
    async with bus.replica() as one, bus.replica() as other:
        began = asyncio.get_running_loop().time()

        async def take_long(_: str) -> None:
            await poll(lambda: asyncio.get_running_loop().time() > began + 2.6, within=5)

        one.handle = other.handle = take_long
        await send(sender, "s", "a")
        await poll(lambda: one.done + other.done == ["a"])
        assert one.begun + other.begun == ["a"]


async def test_a_message_with_an_id_is_stored_once(bus: Bus, sender: Any):
    body, headers = b'{"stream":"s","name":"a","id":"a"}', {"Nats-Msg-Id": "a"}
    async with bus.replica() as one:
        await sender.publish(SUBJECT, body, headers=headers)
        await sender.publish(SUBJECT, body, headers=headers)
        await send(sender, "s", "b")
        await poll(lambda: "b" in one.done)
        assert one.done == ["a", "b"]


async def test_consumers_survive_the_loss_of_all_streams(bus: Bus, sender: Any):
    async with bus.replica() as one:
        await send(sender, "s", "a")
        await poll(lambda: one.done == ["a"])
        await lose_disk(sender)
        await ensure_streams(sender)

        async def sent_again() -> bool:
            await send(sender, "s", "b")
            return "b" in one.done

        await poll(sent_again)


async def hang_up(client: Any) -> None:
    """Cut a connection for good."""
    if isinstance(client, Client):
        client.close()
    else:
        await client.close()


async def lose_disk(client: Any) -> None:
    """Remove all streams with their consumers."""
    if isinstance(client, Client):
        client.server.wipe()
        return
    for stream in STREAMS:
        await client.jsm().delete_stream(stream)
