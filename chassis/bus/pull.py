"""Our pull loop: asks for as many messages as there is room for, and never stalls.

nats-py's own fetch(n) may stall after idling, and its time-outs end FastStream's consume task;
here one request stands open at all times, renewed when it expires, is used up, or goes silent.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from chassis.bus.timing import USUAL, Timing
from chassis.bus.word import say

STOP_SECONDS = 1.0
"""How long to wait for what the server had sent before it heard that we stop."""
EXPIRED = "408"
IDLE_HEARTBEAT = "100"
NOBODY_THERE = frozenset({"503", "404"})


@dataclass(frozen=True, slots=True)
class Source:
    """A durable consumer on a stream."""

    stream: str
    consumer: str


class Pull:
    """One standing pull: messages go to `deliver`, at most `room()` of them ahead of the work."""

    def __init__(
        self,
        nats: Client,
        source: Source,
        *,
        deliver: Callable[[Msg], Awaitable[None]],
        room: Callable[[], int],
        timing: Timing = USUAL,
    ) -> None:
        """Listen once `start` is awaited."""
        self._nats = nats
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{source.stream}.{source.consumer}"
        self._inbox = nats.new_inbox()
        self._deliver = deliver
        self._room = room
        self._timing = timing
        self._asked = 0
        self._heard_at = 0.0
        self._connections = 0
        self._subscription: Subscription | None = None
        self.lost = False

    async def start(self) -> None:
        """Open the inbox and ask for the first messages."""
        self._subscription = await self._nats.subscribe(self._inbox, cb=self._receive)
        await self.ask()

    async def stop(self) -> None:
        """Ask for no more; returns once all that was on its way has been delivered."""
        listening, self._subscription = self._subscription, None
        if listening is not None:
            await say(asyncio.wait_for(listening.drain(), STOP_SECONDS))

    def renew(self) -> None:
        """Forget what was asked for: the consumer behind it is a new one."""
        self._asked = 0
        self.lost = False

    async def ask(self) -> None:
        """Ask for more when less than half of the room is asked for; again after a silence."""
        if self.lost or self._subscription is None:
            return
        now = asyncio.get_running_loop().time()
        connections: int = self._nats.stats["reconnects"]
        if now - self._heard_at > self._timing.silence or connections != self._connections:
            self._asked = 0  # the server, or its disk, is a new one
        room = self._room()
        if room <= 0 or self._asked * 2 >= room:
            return
        batch = room - self._asked
        self._asked = room
        self._heard_at = now
        self._connections = connections
        await self._request(batch)

    async def _request(self, batch: int) -> None:
        wish = {
            "batch": batch,
            "expires": int(self._timing.expires * 1e9),
            "idle_heartbeat": int(self._timing.heartbeat * 1e9),
        }
        asking = self._nats.publish(self._subject, json.dumps(wish).encode(), reply=self._inbox)
        if not await say(asking):
            self._asked = 0  # not connected: asked again at the next check

    async def _receive(self, message: Msg) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        headers = message.headers or {}
        status = headers.get("Status")
        if status is None or message.data:
            self._asked = max(0, self._asked - 1)
            await self._deliver(message)
        elif status == IDLE_HEARTBEAT:
            return
        else:
            self._ended(status, headers)
            if status != EXPIRED:
                return  # asked again at the next check: at once might go on and on
        await self.ask()

    def _ended(self, status: str, headers: dict[str, str]) -> None:
        unused = headers.get("Nats-Pending-Messages", "")
        self._asked = max(0, self._asked - int(unused)) if unused.isdigit() else 0
        gone = "eleted" in headers.get("Description", "")
        self.lost = self.lost or gone or status in NOBODY_THERE
