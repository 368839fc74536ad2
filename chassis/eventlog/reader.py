"""Reading the whole log in one order that never skips an event, for read models and relays.

Positions are given out before their transactions end, so "everything above the last position"
skips what commits late; half of the events were skipped that way under 16 writers. The order of
transactions, read only as far as all of them have ended, skips nothing, and a stream's versions
rise with it, for an append holds its stream from before it has a transaction id.
"""

from dataclasses import dataclass
from typing import Any

import asyncpg

from chassis.eventlog.log import COLUMNS, EventLog
from chassis.eventlog.outage import asking
from contracts.base import CloudEvent

_READ = (
    f"select tx, position, {COLUMNS} from eventlog.events "  # noqa: S608 (no input)
    "where (tx, position) > ($1, $2) and tx < pg_snapshot_xmin(pg_current_snapshot()) "
    "order by tx, position limit $3"
)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a reader has got to: to be kept beside what was made of the events up to here."""

    tx: int
    position: int


BEGINNING = Place(0, 0)


@dataclass(frozen=True, slots=True)
class Placed:
    """An event and its place in the order of the whole log."""

    place: Place
    event: CloudEvent[Any]


class Reader:
    """Reads all streams' events, each exactly once, each stream's in the order of its versions.

    An open transaction that has written holds every reader back: better late than never.
    """

    def __init__(self, pool: asyncpg.Pool, log: EventLog) -> None:
        """Read from `pool`'s database what `log` can decode."""
        self._pool = pool
        self._log = log

    async def read_after(self, tx: int, position: int, limit: int) -> list[Placed]:
        """Return up to `limit` events that come after a place; fewer mean that it is the end."""
        with asking("the event log"):
            rows = await self._pool.fetch(_READ, tx, position, limit)
        opening = self._log.keyring.opening()
        return [
            Placed(Place(row["tx"], row["position"]), await self._log.opened(row, opening.open))
            for row in rows
        ]
