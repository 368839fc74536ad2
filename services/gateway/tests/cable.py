"""A TCP connection to a real server that a test can cut, hold and mend."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

CHUNK = 65_536


class Cable:
    """Forwards connections to a server, or does not."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._there = (parts.hostname, parts.port)
        self._parts = parts
        self._server: asyncio.Server | None = None
        self._port = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()

    @property
    def url(self) -> str:
        """The address of the server through the cable."""
        login = self._parts.netloc.rpartition("@")
        return urlunsplit(
            self._parts._replace(netloc=f"{login[0]}{login[1]}127.0.0.1:{self._port}")
        )

    async def mend(self) -> None:
        """Let connections through, on the same port as before."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Break all connections and refuse new ones."""
        if self._server:
            self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        self._server = None

    def hold(self) -> None:
        """Keep connections open and let nothing through."""
        self._flows.clear()

    def release(self) -> None:
        """Let through what was held, and all that comes."""
        self._flows.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        there_reader, there = await asyncio.open_connection(*self._there)
        self._writers.add(there)
        pumps = [
            asyncio.create_task(self._pump(reader, there)),
            asyncio.create_task(self._pump(there_reader, writer)),
        ]
        await asyncio.wait(pumps)
        self._writers -= {writer, there}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def cable_to(url: str) -> AsyncGenerator[Cable]:
    """Run a cable to the server at `url`."""
    cable = Cable(url)
    await cable.mend()
    try:
        yield cable
    finally:
        cable.release()
        await cable.cut()
