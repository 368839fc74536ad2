"""Whether a service can do its work: known at all times, so that asking costs nothing."""

import asyncio
import json
from collections.abc import Callable
from uuid import uuid4

import asyncpg
from nats.aio.client import Client

from chassis import metrics
from chassis.bus.behind import Load
from chassis.bus.word import say
from chassis.eventlog.outage import DATABASE_DOWN
from contracts.subjects import HEARTBEAT_PREFIX

CHECK_SECONDS = 1.0
DATABASE_SECONDS = 2.0
REPLACE_SECONDS = 20.0
"""Connections are replaced no more often than this."""


class Health:
    """Watches the database and the bus, and tells the others by a heartbeat on NATS."""

    def __init__(self, service: str, pool: asyncpg.Pool, nats: Client) -> None:
        """Not ready until the first look."""
        self.service = service
        self.instance = uuid4().hex[:8]
        self.consuming = False
        self.parts: dict[str, bool] = {"database": False, "bus": False}
        self.also: Callable[[], bool] = lambda: True
        self.load: Callable[[], Load] = Load
        self._pool = pool
        self._replace_from = 0.0
        self._nats = nats

    @property
    def ready(self) -> bool:
        """Whether this replica would answer now."""
        return self.consuming and all(self.parts.values()) and self.also()

    async def watch(self) -> None:
        """Look every second until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            self.parts["database"] = await self._database_answers()
            self.parts["bus"] = self._nats.is_connected
            await self._beat()
            before = loop.time()
            await asyncio.sleep(CHECK_SECONDS)
            metrics.LOOP_LAG.set(max(0.0, loop.time() - before - CHECK_SECONDS))

    async def _database_answers(self) -> bool:
        try:
            async with asyncio.timeout(DATABASE_SECONDS):
                await self._pool.fetchval("select 1")
        except TimeoutError:
            await self._replace_connections()
            return False
        except DATABASE_DOWN:
            return False
        return True

    async def _replace_connections(self) -> None:
        """Let nobody wait on a server that may have gone without a word, as this look did.

        Seldom, for a server that is only slow is made slower by sixty connections anew: once they
        were replaced at each look, and a busy machine did nothing else any more.
        """
        now = asyncio.get_running_loop().time()
        if now >= self._replace_from:
            self._replace_from = now + REPLACE_SECONDS
            await self._pool.expire_connections()

    async def _beat(self) -> None:
        load = self.load()
        words: dict[str, object] = {
            "service": self.service,
            "instance": self.instance,
            "ready": self.ready,
            "waiting": load.waiting,
            "taken": round(load.taken, 1),
        }
        beat = json.dumps(words).encode()
        await say(self._nats.publish(HEARTBEAT_PREFIX + self.service, beat))
