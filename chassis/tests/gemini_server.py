"""A Gemini that says exactly what it is told, byte by byte."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import orjson

from chassis.breaker import Breaker
from chassis.gemini import Gemini, gemini
from chassis.resilience import Backoff

KEY = "canary-key-93751"
AT_ONCE = Backoff(first=timedelta(0), longest=timedelta(0), jitter=timedelta(0))
OK = "200 OK"


def said(text: str = "多喝水", **more: Any) -> bytes:
    candidate = {"content": {"parts": [{"text": text}]}, "finishReason": "STOP"} | more
    return reply({"candidates": [candidate]})


def reply(body: object, status: str = OK, kind: str = "application/json") -> bytes:
    content = body.encode() if isinstance(body, str) else orjson.dumps(body)
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


def failing(status: str, *details: dict[str, Any]) -> bytes:
    code, name = status.split()
    error = {"code": int(code), "status": name, "message": KEY, "details": list(details)}
    return reply({"error": error}, status)


HANG, RESET = b"hang", b"reset"
PAGE = reply("<html>Bad gateway</html>", kind="text/html")
CUT = said()[:-5]


class Server:
    """Plays Gemini: gives its replies in order, the last one for ever."""

    def __init__(self) -> None:
        self.url = ""
        self.replies: list[bytes] = [said()]
        self.requests: list[dict[str, Any]] = []
        self.open = 0
        self.most_open = 0

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await self._exchange(reader, writer):
                pass
        writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = {k.lower(): v for k, _, v in (x.partition(": ") for x in head.split("\r\n"))}
        body = await reader.readexactly(int(headers["content-length"]))
        self.requests.append({"head": head, "headers": headers, "body": orjson.loads(body)})
        return await self._answer(reader, writer)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        answer = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if answer == HANG:
            self.open += 1
            self.most_open = max(self.most_open, self.open)
            await reader.read()
            self.open -= 1
        if answer in {HANG, RESET}:
            writer.transport.abort()
            return False
        writer.write(answer)
        await writer.drain()
        return answer != CUT

    def begin_anew(self) -> None:
        """Forget what was asked, and say the usual."""
        self.replies, self.requests, self.most_open = [said()], [], 0


@asynccontextmanager
async def serving() -> AsyncGenerator[Server]:
    """Serve it on a free port."""
    playing = Server()
    listening = await asyncio.start_server(playing.connected, "127.0.0.1", 0)
    playing.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    async with listening:
        yield playing


@asynccontextmanager
async def asking(
    server: Server, *, seconds: float = 30, breaker: Breaker | None = None
) -> AsyncGenerator[Gemini]:
    """Open a client of it."""
    async with gemini(
        api_key=KEY,
        base_url=server.url,
        model="gemini-test",
        attempt_timeout=timedelta(seconds=seconds),
        backoff=AT_ONCE,
        breaker=breaker,
    ) as model:
        yield model
