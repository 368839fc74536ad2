"""A bus that goes away, comes back, or comes back with nothing: consuming goes on."""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest
from nats.aio.client import Client
from nats.errors import Error
from structlog.testing import capture_logs

from chassis.bus.pull import Pull, Source
from chassis.bus.streams import ensure_streams
from chassis.bus.timing import Timing
from chassis.bus.word import say
from chassis.testing import poll
from chassis.tests.consuming import QUICK, Replica, connected, replica, send
from cli.embedded.nats import NatsServer, prepare_nats
from cli.home import open_home
from cli.process import Child, end, start
from contracts.subjects import OBJECTS_STREAM, SPEECH_STREAM, SPEECH_TRANSCRIBE, STREAMS

HERE = Source(SPEECH_STREAM, SPEECH_TRANSCRIBE)


class Bus:
    """A nats-server of the test's own."""

    def __init__(self, server: NatsServer, store: Path) -> None:
        self.url = server.url
        self._program = server.program
        self._store = store
        self._child: Child | None = None

    async def begin(self) -> None:
        self._child = await start(self._program, 30)

    async def kill(self) -> None:
        if self._child is not None:
            await end(self._child, 0)
            self._child = None

    def wipe(self) -> None:
        """Lose the disk."""
        shutil.rmtree(self._store)


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncGenerator[Bus]:
    home = open_home(tmp_path)
    bus = Bus(prepare_nats(home), home.nats / "store")
    await bus.begin()
    async with connected(bus.url) as client:
        await ensure_streams(client)
    yield bus
    await bus.kill()


async def sent(one: Replica, name: str) -> bool:
    """Publish without waiting for JetStream, until it is through."""
    await one.client.publish("evt.speech.failed.v1", b'{"stream":"a","name":"%s"}' % name.encode())
    return name in one.done


async def test_consuming_goes_on_after_a_restart(bus: Bus):
    async with replica(bus.url) as one:
        one.start()
        await send(one.client, "a", "before")
        await poll(lambda: one.done == ["before"])
        await bus.kill()
        await poll(lambda: not one.client.is_connected)
        await bus.begin()
        await poll(lambda: one.client.is_connected)
        await send(one.client, "a", "after")
        await poll(lambda: one.done[-1] == "after")
        # Killed, a server may have forgotten an acknowledgement: at least once, not exactly.
        assert set(one.done) == {"before", "after"}


async def test_what_was_in_hand_at_a_restart_comes_again(bus: Bus):
    async with replica(bus.url) as one:
        go_on = asyncio.Event()

        async def handle(_: str) -> None:
            await go_on.wait()

        one.handle = handle
        one.start()
        await send(one.client, "a", "first", "second")
        await poll(lambda: one.begun)
        await bus.kill()
        await poll(lambda: not one.client.is_connected)
        go_on.set()
        await poll(lambda: one.done == ["first", "second"])
        await bus.begin()
        await send(one.client, "a", "third")
        await poll(lambda: "third" in one.done)


async def test_consuming_goes_on_after_the_disk_was_lost(bus: Bus):
    async with replica(bus.url) as one:
        one.start()
        await send(one.client, "a", "before")
        await poll(lambda: one.done)
        await bus.kill()
        bus.wipe()
        await bus.begin()
        await poll(lambda: sent(one, "after"), within=10)
        streams = await one.client.jsm().streams_info()
        assert {each.config.name for each in streams} == {*STREAMS, OBJECTS_STREAM}


async def test_a_bus_that_is_not_there_at_the_start_is_waited_for(bus: Bus):
    async with replica(bus.url) as one:
        await bus.kill()
        await poll(lambda: not one.client.is_connected)
        with capture_logs() as said:
            one.start()
            await poll(lambda: "consumer_waits" in {each["event"] for each in said}, within=15)
        await bus.begin()
        await poll(lambda: sent(one, "after"), within=10)


async def test_it_drains_in_time_while_the_bus_is_away(bus: Bus):
    async with replica(bus.url) as one:
        one.start()
        await send(one.client, "a", "before")
        await poll(lambda: one.done)
        await bus.kill()
        await poll(lambda: not one.client.is_connected)
        began = asyncio.get_running_loop().time()
        await one.stop()
        assert asyncio.get_running_loop().time() - began < 2


async def test_a_good_bye_to_a_bus_that_is_away_is_no_fault(bus: Bus):
    async with connected(bus.url) as client:
        await bus.kill()
        await poll(lambda: not client.is_connected)
        await client.publish("evt.speech.failed.v1", b"kept until the bus is back")
        await say(client.close())
        assert client.is_closed
        assert not await say(client.publish("evt.speech.failed.v1", b"too late"))


@pytest.mark.parametrize("kind", [Error, ConnectionResetError, RuntimeError, TypeError])
async def test_a_word_that_a_lost_connection_swallowed_is_no_fault(kind: type[Exception]):
    async def word() -> None:
        raise kind

    assert not await say(word())


async def test_a_fault_of_another_kind_is_not_passed_over():
    async def word() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await say(word())


async def test_a_consumer_that_was_deleted_is_made_again(nats: str):
    async with replica(nats) as one:
        one.start()
        await send(one.client, "a", "before")
        await poll(lambda: one.done)
        await one.client.jsm().delete_consumer(SPEECH_STREAM, SPEECH_TRANSCRIBE)
        await send(one.client, "a", "after")
        await poll(lambda: "after" in one.done)


async def test_it_delivers_after_idling_past_the_end_of_its_request(nats: str):
    async with replica(nats) as one:
        one.start()
        await send(one.client, "a", "first")
        await poll(lambda: one.done)
        idle_until = asyncio.get_running_loop().time() + 2.5 * QUICK.expires
        await poll(lambda: asyncio.get_running_loop().time() > idle_until)
        await send(one.client, "a", "after a while")
        await poll(lambda: "after a while" in one.done, within=0.3)


async def test_one_request_serves_as_many_messages_as_there_is_room_for(nats: str):
    patient = replace(QUICK, expires=20, heartbeat=5)
    async with replica(nats, timing=patient, max_in_flight=64) as one:
        one.start()
        await send(one.client, "a", "first")
        await poll(lambda: one.done)
        before = one.client.stats["out_msgs"]
        for number in range(60):
            await send(one.client, str(number), str(number))
        await poll(lambda: len(one.done) == 61)
        overhead = one.client.stats["out_msgs"] - before - 2 * 60  # each was published and acked
        assert overhead < 20


class Idle:
    """A pull with room, whose messages nobody wants."""

    def __init__(self, client: Client, timing: Timing) -> None:
        self.client = client
        self.pull = Pull(client, HERE, deliver=self._drop, room=lambda: 64, timing=timing)

    async def _drop(self, _: object) -> None:
        return

    async def asks(self, times: int) -> int:
        """Return how many requests it took to be asked so many times to ask."""
        before = self.client.stats["out_msgs"]
        for _ in range(times):
            await self.pull.ask()
            await self.client.flush()
        return self.client.stats["out_msgs"] - before


async def test_a_pull_nobody_answers_is_lost_and_does_not_ask_on_and_on(nats: str):
    async with connected(nats) as client:
        idle = Idle(client, QUICK)
        await idle.pull.start()
        await poll(lambda: idle.pull.lost)
        assert await idle.asks(20) == 0
        idle.pull.renew()
        assert await idle.asks(20) == 1
        assert await poll(lambda: idle.pull.lost)
        await idle.pull.stop()


async def test_a_pull_that_stopped_asks_no_more(nats: str):
    async with connected(nats) as client:
        idle = Idle(client, QUICK)
        await idle.pull.start()
        await idle.pull.stop()
        idle.pull.renew()
        assert await idle.asks(5) == 0
        await idle.pull.stop()
