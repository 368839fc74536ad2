"""Hearing that keys were destroyed: what their streams said leaves the memory of every process."""

import inspect
from collections.abc import Awaitable, Callable

from nats.aio.client import Client
from nats.aio.msg import Msg

from chassis.bus.word import say
from contracts.subjects import KEY_DESTROYED

Forget = Callable[[str | None], Awaitable[None] | None]
"""Forgets what is known of a stream; None: of all streams."""


class Forgetting:
    """Tells the caches of one process what to forget.

    The word is not stored on the bus. Who was cut off may have missed some of it, so everything
    is forgotten then: it is in the database, and read again when needed.
    """

    def __init__(self) -> None:
        """Start with nobody to tell."""
        self._caches: list[Forget] = []

    def add(self, forget: Forget) -> None:
        """Tell this cache too."""
        self._caches.append(forget)

    async def listen(self, nats: Client) -> None:
        """Hear of every key that is destroyed from now on."""
        await nats.subscribe(KEY_DESTROYED, cb=self._heard)

    async def missed(self) -> None:
        """Forget all, after an interruption."""
        await self._forget(None)

    async def _heard(self, message: Msg) -> None:
        await self._forget(message.data.decode(errors="replace"))

    async def _forget(self, stream: str | None) -> None:
        for forget in self._caches:
            if inspect.isawaitable(forgotten := forget(stream)):
                await forgotten


async def spread(nats: Client, stream: str) -> bool:
    """Tell every process that a stream's key is gone; False when the bus is away."""
    return await say(nats.publish(KEY_DESTROYED, stream.encode()))
