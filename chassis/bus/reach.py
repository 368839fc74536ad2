"""A cluster's server that lost sight of the others: its clients go to another one.

Such a server keeps its clients and answers their pings, but what they publish goes nowhere.
"""

import asyncio
from collections.abc import Sequence

from nats.aio.client import Client

from chassis.bus.streams import BUS_DOWN
from chassis.telemetry import get_logger

CHECK_SECONDS = 2.0
ANSWER_SECONDS = 2.0
SILENCES = 2
"""A cluster that elects a leader is silent for a moment too."""
ROUNDS, ROUND_SECONDS = 50, 0.1
"""How long the others are given until the one that was left may be tried too."""
log = get_logger()


class Reach:
    """Watches whether JetStream answers through the server we are connected to."""

    def __init__(self, nats: Client, servers: Sequence[str]) -> None:
        """Go to others of these servers when it does not."""
        self._nats = nats
        self._servers = list(servers)
        self._silences = 0

    async def watch(self) -> None:
        """Ask every two seconds until cancelled."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            if self._nats.is_connected:
                self._silences = 0 if await self._answers() else self._silences + 1
            if self._silences >= SILENCES:
                self._silences = 0
                await self._leave()

    async def _answers(self) -> bool:
        try:
            # Answered by the server itself; one without sight of a leader says so.
            await self._nats.jetstream(timeout=ANSWER_SECONDS).account_info()
        except BUS_DOWN:
            return False
        return True

    async def _leave(self) -> None:
        log.warning("bus_out_of_reach")
        here = self._nats.connected_url
        others = [each for each in self._servers if here is None or here.netloc not in each]
        if not others:
            return
        self._nats.set_server_pool(others)
        try:
            await self._nats.force_reconnect()
            await self._until_connected()
        finally:
            self._nats.set_server_pool(self._servers)

    async def _until_connected(self) -> None:
        for _ in range(ROUNDS):
            if self._nats.is_connected:
                return
            await asyncio.sleep(ROUND_SECONDS)
