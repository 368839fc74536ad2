"""The proxy passes, delays, throttles, holds, cuts, refuses and loses, as it is told."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from chassis.testing import poll
from tests.chaos.proxy import LOOPBACK, Proxy, proxied

SILENCE_SECONDS = 0.15
DELAY_SECONDS = 0.2
GONE = (ConnectionResetError, BrokenPipeError, asyncio.IncompleteReadError)


@dataclass(slots=True)
class Echo:
    """A server that says again what it hears, and remembers it."""

    heard: list[bytes] = field(default_factory=list[bytes])
    ended: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        try:
            while line := await reader.readline():
                self.heard.append(line)
                writer.write(line)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            self.ended += 1
            writer.close()


@dataclass(slots=True)
class Client:
    """One connection through the proxy."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def say(self, line: bytes) -> None:
        """Send a line and wait for nothing."""
        self.writer.write(line)

    async def ask(self, line: bytes) -> bytes:
        """Send a line and return what comes back."""
        self.say(line)
        return await self.reader.readuntil()


@pytest.fixture
async def echo() -> AsyncGenerator[tuple[Echo, Proxy]]:
    """Run a server and the proxy before it."""
    echo = Echo()
    server = await asyncio.start_server(echo.serve, LOOPBACK, 0)
    port = server.sockets[0].getsockname()[1]
    async with server, proxied(LOOPBACK, port) as proxy:
        yield echo, proxy


@pytest.fixture
async def proxy(echo: tuple[Echo, Proxy]) -> Proxy:
    """Give the proxy alone."""
    return echo[1]


@pytest.fixture
async def client(proxy: Proxy) -> AsyncGenerator[Client]:
    """Connect to the server by way of the proxy, and see that it passes."""
    async with connected(proxy) as client:
        assert await client.ask(b"hello\n") == b"hello\n"
        yield client


@asynccontextmanager
async def connected(proxy: Proxy) -> AsyncGenerator[Client]:
    """Hold a connection for the length of a block."""
    client = Client(*await asyncio.open_connection(LOOPBACK, proxy.port))
    try:
        yield client
    finally:
        client.writer.transport.abort()


async def is_welcome(proxy: Proxy) -> bool:
    """Tell whether a new connection is served."""
    async with connected(proxy) as client:
        return await client.ask(b"again\n") == b"again\n"


async def seconds_of(work: Awaitable[Any]) -> float:
    """Return how long something took."""
    began = asyncio.get_running_loop().time()
    await work
    return asyncio.get_running_loop().time() - began


async def is_silent(client: Client) -> bool:
    """Tell whether nothing comes for a while."""
    try:
        async with asyncio.timeout(SILENCE_SECONDS):
            await client.reader.readuntil()
    except TimeoutError:
        return True
    return False


async def test_bytes_pass_whole_and_in_order(client: Client):
    lines = [b"%d %s\n" % (number, b"x" * number) for number in range(2_000)]
    client.writer.writelines(lines)
    assert [await client.reader.readuntil() for _ in lines] == lines


async def test_an_end_is_passed_on(echo: tuple[Echo, Proxy], client: Client):
    client.writer.write_eof()
    assert await client.reader.read() == b""
    await poll(lambda: echo[0].ended == 1 and echo[1].links == 0)


async def test_bytes_arrive_later_by_the_delay_of_both_ways(proxy: Proxy, client: Client):
    proxy.delay(DELAY_SECONDS)
    assert await seconds_of(client.ask(b"slow\n")) >= 2 * DELAY_SECONDS
    await proxy.heal()
    assert await seconds_of(client.ask(b"quick\n")) < DELAY_SECONDS


async def test_a_delay_does_not_narrow_the_way(proxy: Proxy, client: Client):
    async def twenty() -> None:
        for number in range(20):
            client.say(b"%d\n" % number)
            await client.writer.drain()
        for _ in range(20):
            await client.reader.readuntil()

    proxy.delay(DELAY_SECONDS)
    assert await seconds_of(twenty()) < 20 * DELAY_SECONDS


async def test_a_throttled_way_takes_its_time(proxy: Proxy, client: Client):
    proxy.throttle(50_000)
    assert await seconds_of(client.ask(b"x" * 9_999 + b"\n")) >= 0.2


async def test_what_is_held_arrives_when_healed(
    echo: tuple[Echo, Proxy], proxy: Proxy, client: Client
):
    proxy.hold()
    client.say(b"patience\n")
    assert await is_silent(client)
    assert echo[0].heard == [b"hello\n"]
    await proxy.heal()
    assert await client.reader.readuntil() == b"patience\n"


async def test_a_cut_connection_is_reset_and_a_new_one_welcome(proxy: Proxy, client: Client):
    proxy.cut()
    with pytest.raises(ConnectionResetError):
        await client.reader.readuntil()
    assert await is_welcome(proxy)


async def test_new_connections_are_refused_and_those_that_stand_go_on(proxy: Proxy, client: Client):
    proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        await is_welcome(proxy)
    assert await client.ask(b"still there\n") == b"still there\n"
    await proxy.heal()
    assert await is_welcome(proxy)


async def test_a_server_that_hears_nothing(echo: tuple[Echo, Proxy], client: Client):
    echo[1].lose("up")
    client.say(b"into the void\n")
    assert await is_silent(client)
    assert echo[0].heard == [b"hello\n"]


async def test_a_client_that_hears_nothing(echo: tuple[Echo, Proxy], client: Client):
    echo[1].lose("down")
    client.say(b"heard\n")
    await poll(lambda: echo[0].heard == [b"hello\n", b"heard\n"])
    assert await is_silent(client)


async def test_what_has_lost_bytes_stays_silent_and_new_connections_speak(
    proxy: Proxy, client: Client
):
    proxy.lose()
    client.say(b"lost\n")
    async with connected(proxy) as late:
        late.say(b"lost too\n")
        assert await is_silent(late)
    await proxy.heal()
    client.say(b"anybody\n")
    assert await is_silent(client)
    assert await is_welcome(proxy)


async def test_nobody_hears_of_the_end_of_a_half_open_connection(
    echo: tuple[Echo, Proxy], client: Client
):
    echo[1].lose("up")
    client.writer.transport.abort()
    assert not await is_gone(echo)
    echo[1].cut()
    await poll(lambda: echo[0].ended == 1 and echo[1].links == 0)


async def is_gone(echo: tuple[Echo, Proxy]) -> bool:
    """Tell whether the server hears of an end before long."""
    try:
        await poll(lambda: echo[0].ended, SILENCE_SECONDS)
    except AssertionError:
        return False
    return True


async def test_behind_a_dead_server_connections_are_reset():
    async with proxied(LOOPBACK, 1) as proxy:
        with pytest.raises(GONE):
            await is_welcome(proxy)
