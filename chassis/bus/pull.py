"""Our pull loop: asks for as many messages as there is room for, and never stalls.

nats-py's own fetch(n) may stall after idling, and its time-outs end FastStream's consume task;
here one request stands open at all times, renewed when it expires, is used up, or goes silent.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error

EXPIRES_SECONDS = 20
HEARTBEAT_SECONDS = 3
SILENCE_SECONDS = 2.5 * HEARTBEAT_SECONDS
"""A request that has shown no sign of life for so long is lost: the server or its disk is new."""


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
        deliver: Callable[[Msg], None],
        room: Callable[[], int],
    ) -> None:
        """Listen once `start` is awaited."""
        self._nats = nats
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{source.stream}.{source.consumer}"
        self._inbox = nats.new_inbox()
        self._deliver = deliver
        self._room = room
        self._asked = 0
        self._heard_at = 0.0
        self._subscription: Subscription | None = None
        self.lost = False

    async def start(self) -> None:
        """Open the inbox and ask for the first messages."""
        self._subscription = await self._nats.subscribe(self._inbox, cb=self._receive)
        await self.ask()

    async def stop(self) -> None:
        """Close the inbox: nothing is delivered from here on."""
        if self._subscription is not None and not self._nats.is_closed:
            await self._subscription.unsubscribe()
            self._subscription = None

    def forget(self) -> None:
        """Forget what was asked for: the consumer behind it is a new one."""
        self._asked = 0

    async def ask(self) -> None:
        """Ask for more when less than half of the room is asked for; again after a silence."""
        now = asyncio.get_running_loop().time()
        if now - self._heard_at > SILENCE_SECONDS:
            self._asked = 0
        room = self._room()
        if room <= 0 or self._asked * 2 >= room:
            return
        batch = room - self._asked
        self._asked = room
        self._heard_at = now
        await self._request(batch)

    async def _request(self, batch: int) -> None:
        wish = {
            "batch": batch,
            "expires": EXPIRES_SECONDS * 1_000_000_000,
            "idle_heartbeat": HEARTBEAT_SECONDS * 1_000_000_000,
        }
        try:
            await self._nats.publish(self._subject, json.dumps(wish).encode(), reply=self._inbox)
        except Error:
            self._asked = 0  # not connected: asked again once the silence is noticed

    async def _receive(self, message: Msg) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        status = (message.headers or {}).get("Status")
        if status is None or message.data:
            self._asked = max(0, self._asked - 1)
            self._deliver(message)
        elif status != "100":
            self._ended(status, message.headers or {})
        await self.ask()

    def _ended(self, status: str, headers: dict[str, str]) -> None:
        unused = headers.get("Nats-Pending-Messages", "")
        self._asked = max(0, self._asked - int(unused)) if unused.isdigit() else 0
        # 503: nobody answers for the consumer; 404 and "deleted": it or its stream is gone.
        if status in {"503", "404"} or "eleted" in headers.get("Description", ""):
            self._asked = max(self._asked, 1)  # not at once again: `lost` is looked after first
            self.lost = True
