"""Objects opened a moment ago: a player asks for one in several parts."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from chassis.errors import Unavailable
from chassis.objects.port import Stored
from chassis.objects.sealed import SealedObjects

KEPT_SECONDS = 60.0
KEPT_BYTES = 32 * 1024 * 1024
LARGEST_KEPT = KEPT_BYTES // 4
FETCH_SECONDS = 10.0
"""A player that waits longer has given up."""
FETCHES = 64
"""Objects being read at once; past it the store is the bottleneck, so say so early."""


@dataclass(frozen=True, slots=True)
class _Kept:
    stored: Stored
    until: float


class Opened:
    """Reads objects, and keeps the last ones in memory until their key is destroyed."""

    def __init__(
        self,
        objects: SealedObjects,
        *,
        clock: Callable[[], float] = monotonic,
        fetches: int = FETCHES,
    ) -> None:
        """Read from `objects`, so many at a time."""
        self._objects = objects
        self._clock = clock
        self._room = fetches
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._forgotten = 0

    async def get(self, key: str) -> Stored | None:
        """Return an object; None when there is none.

        Raises Unavailable when the store does not answer, or too much is asked of it.
        """
        kept = self._kept.get(key)
        if kept is not None and self._clock() < kept.until:
            return kept.stored
        if self._room <= 0:
            raise Unavailable("the object store is asked for too much")
        self._room -= 1
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                return await self._fetched(key)
        except TimeoutError:
            raise Unavailable("the object store is slow") from None
        finally:
            self._room += 1

    def forget(self, stream: str | None) -> None:
        """Drop the objects of a stream, or all of them, from memory."""
        self._forgotten += 1
        for key in [key for key in self._kept if stream in (None, stream_of(key))]:
            del self._kept[key]

    async def _fetched(self, key: str) -> Stored | None:
        before = self._forgotten
        stored = await self._objects.get(stream_of(key), key)
        # What was to be forgotten while it was being read must not come back.
        if stored is not None and before == self._forgotten and len(stored.data) <= LARGEST_KEPT:
            self._keep(key, stored)
        return stored

    def _keep(self, key: str, stored: Stored) -> None:
        self._kept[key] = _Kept(stored, self._clock() + KEPT_SECONDS)
        self._kept.move_to_end(key)
        # The first is the one that ends first.
        while self._is_full() or next(iter(self._kept.values())).until <= self._clock():
            self._kept.popitem(last=False)

    def _is_full(self) -> bool:
        return sum(len(each.stored.data) for each in self._kept.values()) > KEPT_BYTES


def stream_of(key: str) -> str:
    """Return the stream that an object's key names."""
    return key.split("/")[1]
