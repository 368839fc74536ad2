"""The world together with its journal, and waking those who wait for news."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

from sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.journal import Journal
    from sandbox.shapes import JsonObject


class Ledger:
    """Records what happens: at once in memory, then in the journal."""

    def __init__(self, journal: Journal, clock: Callable[[], float] = time.time) -> None:
        """Begin empty; restore() brings back earlier runs."""
        self.world = World()
        self.clock = clock
        self._journal = journal
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._released = False

    async def restore(self) -> None:
        """Fold everything earlier runs have written."""
        for record in await self._journal.load():
            self.world.apply(record)

    async def record(self, *records: JsonObject) -> None:
        """Let the records happen.

        Memory changes before the first await: a caller that checks and records without
        awaiting in between cannot be overtaken, which is what makes a token single-use.
        """
        for record in records:
            self.world.apply(record)
        await self._journal.write(records)
        for record in records:
            self._wake(str(record.get("chat", "")))

    async def forget(self) -> None:
        """Begin anew, on disk too."""
        self.world = World()
        await self._journal.clear()
        self._wake_all()

    async def close(self) -> None:
        """Close the journal."""
        await self._journal.close()

    async def news(self, chat: str, revision: int, seconds: float) -> None:
        """Return when the chat is not at the revision, or when the time is over."""
        heard = asyncio.Event()
        self._waiting.setdefault(chat, set()).add(heard)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while not self._released and self.world.chat(chat).revision == revision:
                        heard.clear()
                        await heard.wait()
        finally:
            self._leave(chat, heard)

    def release(self) -> None:
        """Let nobody wait any longer (used when the server goes down)."""
        self._released = True
        self._wake_all()

    def _wake_all(self) -> None:
        for chat in list(self._waiting):
            self._wake(chat)

    def _wake(self, chat: str) -> None:
        for heard in self._waiting.get(chat, ()):
            heard.set()

    def _leave(self, chat: str, heard: asyncio.Event) -> None:
        self._waiting[chat].discard(heard)
        if not self._waiting[chat]:
            del self._waiting[chat]
