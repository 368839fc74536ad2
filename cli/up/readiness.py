"""Waiting until a message would be answered."""

import asyncio
import contextlib
from collections.abc import Sequence

from cli.network import http_status
from cli.up.table import Member

PATIENCE_SECONDS = 90.0
POLL_SECONDS = 0.2
OK = 200


async def until_ready(members: Sequence[Member], within: float = PATIENCE_SECONDS) -> list[str]:
    """Return once all are ready, or the names of those that are not in time."""
    late = list(members)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within):
            while True:
                late = [member for member in late if not await _is_ready(member)]
                if not late:
                    break
                await asyncio.sleep(POLL_SECONDS)
    return [member.name for member in late]


async def _is_ready(member: Member) -> bool:
    return await http_status(member.ready_url) == OK
