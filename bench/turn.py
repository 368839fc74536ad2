"""One user, a model that answers at once: how long from the webhook to the reply.

The goal is a median of 22 ms on two cores: what an in-memory monolith of the same job takes.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import Any

from bench.cpu import burnt
from bench.hops import report_hops
from bench.standins import Upstreams, signed
from bench.system import running

GOAL_MS = 22.0
WARM_UP, COUNTED = 60, int(os.environ.get("TURNS", "400"))
USER = "U" + "b" * 32
NUMBERS = count(1)


class Phone:
    """Sends one message at a time and waits for its reply.

    Over a plain connection: an HTTP client's own millisecond is not the system's.
    """

    def __init__(self, port: int) -> None:
        """Send webhooks to the gateway on `port`."""
        self._port = port
        self._waiting: dict[str, asyncio.Future[float]] = {}
        Upstreams.on_reply = self._replied

    async def say(self, text: str) -> float:
        """Return the seconds from the webhook's first byte to the reply's last."""
        token = f"token-{next(NUMBERS)}"
        self._waiting[token] = asyncio.get_running_loop().create_future()
        body = _webhook(text, token)
        started = time.perf_counter()
        self._writer.write(_request(body))
        ended = await asyncio.wait_for(self._waiting[token], 20)
        head = await self._reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            sys.exit("the webhook was refused")
        await self._reader.readexactly(len("accepted"))
        return ended - started

    async def connect(self) -> None:
        """Open the connection."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)

    def _replied(self, sent: dict[str, Any]) -> None:
        waiting = self._waiting.pop(sent.get("replyToken", ""), None)
        if waiting is not None:
            waiting.set_result(time.perf_counter())


async def main() -> None:
    """Measure and print; exits with 1 when the goal is missed."""
    loop = asyncio.get_running_loop()
    upstreams = await loop.create_server(Upstreams, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{upstreams.sockets[0].getsockname()[1]}"
    with tempfile.TemporaryDirectory() as home:
        async with running(Path(home), address) as system:
            figures = await _measure(system.port, system.root)
            await report_hops(system.database_url)
    _report(figures)


async def _measure(port: int, root: int) -> list[float]:
    phone = Phone(port)
    await phone.connect()
    for word in ("new", "chat", "英文"):
        await phone.say(word)
    for number in range(WARM_UP):
        await phone.say(f"請問您哪裡痛？{number}")
    before = burnt(root)
    figures = [await phone.say(f"請問您今天哪裡痛？{number}") for number in range(COUNTED)]
    _report_cpu(before, burnt(root))
    return figures


def _request(body: bytes) -> bytes:
    lines = (
        "POST /webhook HTTP/1.1",
        "host: bench",
        "content-type: application/json",
        f"x-line-signature: {signed(body)}",
        f"content-length: {len(body)}",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _webhook(text: str, token: str) -> bytes:
    event = {
        "type": "message",
        "mode": "active",
        "webhookEventId": f"bench{next(NUMBERS):021d}",
        "timestamp": int(time.time() * 1000),
        "deliveryContext": {"isRedelivery": False},
        "source": {"type": "user", "userId": USER},
        "replyToken": token,
        "message": {"id": str(next(NUMBERS)), "type": "text", "text": text, "quoteToken": "q"},
    }
    return json.dumps({"destination": "U0", "events": [event]}).encode()


def _report_cpu(before: dict[str, float], after: dict[str, float]) -> None:
    spent = {name: (ms - before.get(name, 0.0)) / COUNTED for name, ms in after.items()}
    print(f"CPU a turn, all processes: {sum(spent.values()):.1f} ms")
    for name, each in sorted(spent.items(), key=lambda pair: -pair[1]):
        print(f"  {name:14} {each:5.2f} ms")


def _report(seconds: list[float]) -> None:
    figures = sorted(each * 1e3 for each in seconds)
    median = statistics.median(figures)
    percent95 = figures[int(len(figures) * 0.95)]
    print(f"webhook to reply, {len(figures)} turns of one user, model latency 0:")
    print(f"  min {figures[0]:.1f}  median {median:.1f}  p95 {percent95:.1f}  ms (goal {GOAL_MS})")
    if median > GOAL_MS:
        sys.exit(1)


if __name__ == "__main__":
    asyncio.run(main())
