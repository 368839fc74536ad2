"""Whether a replica lives: known by a lock of its own, which dies with its connection.

A killed process loses its connection at once, one that is stopped keeps it. Without a database
nobody is known to be dead; what follows from a wrong guess is the ledger's to survive.
"""

import asyncio
import secrets
from typing import Any

import asyncpg

from chassis.eventlog.outage import DATABASE_DOWN

LOOK_SECONDS = 5.0
AGAIN_SECONDS = 1.0


class Presence:
    """Shows the other replicas that this one lives."""

    def __init__(self, pool: asyncpg.Pool, *, look_seconds: float = LOOK_SECONDS) -> None:
        """Keep a connection of `pool` once `keep` runs."""
        self._pool = pool
        self._look_seconds = look_seconds
        self._own = secrets.randbits(62) + 1
        self.mark = 0
        """The number of the lock that is held now; 0: none, so that nobody can tell."""

    async def keep(self) -> None:
        """Hold the lock until cancelled; taken anew after each loss of the database."""
        while True:
            try:
                await self._hold()
            except DATABASE_DOWN:
                await asyncio.sleep(AGAIN_SECONDS)

    async def _hold(self) -> None:
        connection: Any = await self._pool.acquire()
        try:
            await connection.execute("select pg_advisory_lock($1)", self._own)
            self.mark = self._own
            while True:
                await asyncio.sleep(self._look_seconds)
                await connection.execute("select 1")
        finally:
            self.mark = 0
            connection.terminate()  # the lock ends with it
            await self._pool.release(connection)
