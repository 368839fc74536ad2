"""A TCP proxy that passes bytes on until it is told to delay, lose, hold or cut them."""

import asyncio
import socket
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from tests.e2e.moments import elapse

Way = Literal["up", "down"]
"""Up is what the client says, down what the server says."""

LOOPBACK = "127.0.0.1"
CHUNK_BYTES = 64 * 1024
CHUNKS_UNDER_WAY = 256
CONNECT_SECONDS = 5.0
BOTH = 2
# SO_LINGER with no time at all: closing sends RST and forgets what is buffered.
RESET = struct.pack("ii", 1, 0)

Chunks = asyncio.Queue[tuple[float, bytes]]


@dataclass(eq=False, slots=True)
class Link:
    """One connection through the proxy; what has lost bytes in a direction never speaks again."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    lost: set[Way] = field(default_factory=set[Way])
    ended: set[Way] = field(default_factory=set[Way])

    def ends(self, way: Way) -> None:
        """Note that one side says no more; raises ConnectionResetError where nobody was told."""
        self.ended.add(way)
        if self.lost and len(self.ended) == BOTH:
            raise ConnectionResetError

    def reset(self) -> None:
        """End both sides with RST, as a host does that knows nothing of them."""
        for writer in filter(None, (self.client, self.server)):
            side: socket.socket | None = writer.get_extra_info("socket")
            with suppress(OSError):
                if side is not None:
                    side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()


class Proxy:
    """Stands before a server; what befalls its connections can be changed while it runs."""

    def __init__(self, host: str, port: int) -> None:
        """Stand before the server at this address; `proxied` opens the door."""
        self.port = 0
        self._links: dict[asyncio.Task[None], Link] = {}
        self._target = (host, port)
        self._delays: dict[Way, float] = {}
        self._bytes_a_second = 0.0
        self._deaf: set[Way] = set()
        self._moving = asyncio.Event()
        self._moving.set()
        self._place: socket.socket | None = None
        self._server: asyncio.Server | None = None

    @property
    def links(self) -> int:
        """How many connections there are."""
        return len(self._links)

    def delay(self, seconds: float, *ways: Way) -> None:
        """Let bytes take this long each way, or in the ways named; many may be under way."""
        self._delays |= dict.fromkeys(ways or ("up", "down"), seconds)

    def throttle(self, bytes_a_second: float) -> None:
        """Let so much pass a second on each connection and way; 0 for no limit."""
        self._bytes_a_second = bytes_a_second

    def hold(self) -> None:
        """Keep all bytes until `heal`, which delivers them: what TCP makes of a lossy network."""
        self._moving.clear()

    def lose(self, *ways: Way) -> None:
        """Take bytes and tell nobody, in the ways named or both: half-open connections.

        A connection that has lost something stays like that after `heal`: nobody could make
        sense of what comes after a gap. New ones are accepted, and are as silent until then.
        """
        self._deaf |= set(ways or ("up", "down"))

    def cut(self) -> None:
        """Reset all connections; new ones are welcome."""
        for task, link in self._links.items():
            link.reset()
            task.cancel()

    def refuse(self) -> None:
        """Refuse new connections until `heal`; those that stand go on."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def heal(self) -> None:
        """Pass everything on again."""
        self._delays.clear()
        self._bytes_a_second = 0.0
        self._deaf.clear()
        self._moving.set()
        await self.listen()

    async def listen(self) -> None:
        """Accept connections, always on the same port."""
        if self._place is None:
            # Bound and never listening: nobody else gets the port while we refuse connections.
            self._place = socket.socket()
            self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            self._place.bind((LOOPBACK, 0))
            self.port = self._place.getsockname()[1]
        if self._server is None:
            self._server = await asyncio.start_server(
                self._accepted, LOOPBACK, self.port, reuse_port=True
            )

    async def close(self) -> None:
        """End everything."""
        self.refuse()
        self.cut()
        await asyncio.gather(*self._links, return_exceptions=True)
        if self._place is not None:
            self._place.close()

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link(writer)
        task = asyncio.create_task(self._serve(reader, link))
        self._links[task] = link
        task.add_done_callback(self._links.pop)

    async def _serve(self, reader: asyncio.StreamReader, link: Link) -> None:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                answers, link.server = await asyncio.open_connection(*self._target)
            async with asyncio.TaskGroup() as group:
                self._carry(group, link, "up", reader, link.server)
                self._carry(group, link, "down", answers, link.client)
        except (OSError, TimeoutError, ExceptionGroup):
            # One side is gone or was never there: the other is told the hard way.
            pass
        finally:
            link.reset()

    def _carry(
        self,
        group: asyncio.TaskGroup,
        link: Link,
        way: Way,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
    ) -> None:
        chunks = Chunks(CHUNKS_UNDER_WAY)
        group.create_task(self._take(link, way, source, chunks))
        group.create_task(self._give(chunks, target))

    async def _take(
        self, link: Link, way: Way, source: asyncio.StreamReader, chunks: Chunks
    ) -> None:
        """Read what one side says, and note when it has to arrive; b"" is its end."""
        reading = True
        while reading:
            data = await source.read(CHUNK_BYTES)
            reading = bool(data)
            if way in self._deaf:
                link.lost.add(way)
            if way not in link.lost:
                await chunks.put((_now() + self._delays.get(way, 0.0), data))
        link.ends(way)

    async def _give(self, chunks: Chunks, target: asyncio.StreamWriter) -> None:
        """Write what has arrived, in order."""
        while True:
            due, data = await chunks.get()
            if due > _now():
                await elapse(due - _now())
            await self._moving.wait()
            if not data:
                target.write_eof()
                return
            if self._bytes_a_second:
                await elapse(len(data) / self._bytes_a_second)
            target.write(data)
            await target.drain()


def _now() -> float:
    return asyncio.get_running_loop().time()


@asynccontextmanager
async def proxied(host: str, port: int) -> AsyncGenerator[Proxy]:
    """Stand before a server for the length of a block."""
    proxy = Proxy(host, port)
    await proxy.listen()
    try:
        yield proxy
    finally:
        await proxy.close()
