"""Keeping the ledgers small."""

import asyncio
from typing import Protocol

from chassis.errors import Unavailable
from chassis.telemetry import get_logger

TIDY_SECONDS = 3600.0


class Ledger(Protocol):
    """What is written down before it is sent, and need not be kept for ever."""

    async def forget_old(self) -> None:
        """Remove what nobody asks about again; Unavailable when that can't be done now."""
        ...


async def tidy(*ledgers: Ledger) -> None:
    """Remove what is old, now and once an hour, until cancelled."""
    while True:
        try:
            for ledger in ledgers:
                await ledger.forget_old()
        except Unavailable:
            get_logger().warning("deliveries_not_tidied")
        await asyncio.sleep(TIDY_SECONDS)
