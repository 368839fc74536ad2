"""LINE's side of the webhook: over plain connections, an HTTP client's CPU is not the system's."""

import asyncio
import json
import time
from itertools import count
from typing import Any

from bench.standins import signed

PATIENCE_SECONDS = 2.0
"""LINE waits no longer for an answer."""
NUMBERS = count(1)
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Door:
    """Connections to a gateway, as many as are in use at once; those not in use wait here."""

    def __init__(self, port: int) -> None:
        """Send to the gateway on `port` of this machine."""
        self._port = port
        self._free: list[Line] = []

    async def post(self, *events: dict[str, Any]) -> int | None:
        """Send events in one webhook; return the status, None when there was none in time."""
        body = json.dumps({"destination": "U0", "events": events}).encode()
        answer = await self._asked(_posted(body))
        return answer and answer[0]

    async def get(self, path: str) -> tuple[int, bytes] | None:
        """Return the status and the body of what is served under a path."""
        return await self._asked(f"GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n".encode())

    def close(self) -> None:
        """Close the connections that are not in use."""
        while self._free:
            self._free.pop()[1].close()

    async def _asked(self, request: bytes) -> tuple[int, bytes] | None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                line = self._free.pop() if self._free else await self._opened()
        except (OSError, TimeoutError):
            return None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                line[1].write(request)
                answer = await _answer(line[0])
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            line[1].close()
            return None
        self._free.append(line)
        return answer

    async def _opened(self) -> Line:
        return await asyncio.open_connection("127.0.0.1", self._port)


def event(user: str, what: dict[str, Any], *, group: str = "") -> dict[str, Any]:
    """Return an event as LINE describes it, with a reply token of its own."""
    number = next(NUMBERS)
    source = {"type": "user", "userId": user}
    return {
        "mode": "active",
        "webhookEventId": f"B{time.time_ns() % 10**15:015d}{number:010d}",
        "timestamp": int(time.time() * 1000),
        "deliveryContext": {"isRedelivery": False},
        "source": source | ({"type": "group", "groupId": group} if group else {}),
        "replyToken": f"token-{number}",
        **what,
    }


def message(user: str, text: str, *, group: str = "") -> dict[str, Any]:
    """Return a text message; in a group it names the bot."""
    said = f"@MedEdBot {text}" if group else text
    words: dict[str, Any] = {
        "id": str(next(NUMBERS)),
        "type": "text",
        "text": said,
        "quoteToken": "q",
    }
    if group:
        name = {"index": 0, "length": len("@MedEdBot"), "type": "user", "isSelf": True}
        words["mention"] = {"mentionees": [name]}
    return event(user, {"type": "message", "message": words}, group=group)


def voice(user: str) -> dict[str, Any]:
    """Return a voice message."""
    sound = {"id": str(next(NUMBERS)), "type": "audio", "duration": 500}
    from_line = {"contentProvider": {"type": "line"}}
    return event(user, {"type": "message", "message": sound | from_line})


def _posted(body: bytes) -> bytes:
    lines = (
        "POST /webhook HTTP/1.1",
        "host: bench",
        "content-type: application/json",
        f"x-line-signature: {signed(body)}",
        f"content-length: {len(body)}",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    )
    return int(head.split(b" ", 2)[1]), await reader.readexactly(length)
