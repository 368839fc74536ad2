"""The log as the judge reads it: with every key there ever was, and as the services read it now."""

from collections.abc import Coroutine
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from chassis.eventlog.keyring import StreamKey
from chassis.eventlog.log import EventLog
from contracts.base import CloudEvent
from tests.simulation.pool import Direct
from tests.simulation.processes import codec
from tests.simulation.tables import Row, Tables

T = TypeVar("T")
Log = list[CloudEvent[Any]]
CONVERSATION = "/conversation"


def now(work: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine comes to that never has to wait."""
    try:
        work.send(None)
    except StopIteration as ended:
        return ended.value
    raise AssertionError("it waits for something")


def mapping(row: Row) -> Any:
    """Return a row as what the log takes: it only reads columns by name."""
    return row


@dataclass
class Record:
    """What stands in the tables when all is over."""

    tables: Tables

    @cached_property
    def log(self) -> EventLog:
        """The log with the rights of a service."""
        pool: Any = Direct(self.tables)
        return EventLog(pool, codec(), source="/judge", requests={})

    @cached_property
    def streams(self) -> dict[str, Log]:
        """All streams with nothing hidden: also what erasures have made unreadable."""
        return {
            str(stream): [now(self.log.opened(mapping(row), self._open_any)) for row in rows]
            for stream, rows in self.tables.events.items()
        }

    @cached_property
    def conversations(self) -> dict[str, Log]:
        """Those streams that hold inputs or decisions of a conversation."""
        return {
            name: log
            for name, log in self.streams.items()
            if any(event.source in {CONVERSATION, "/gateway"} for event in log)
        }

    def as_read(self, stream: str) -> Log:
        """Return a stream as a service reads it today."""
        return now(self.log.read(stream))

    def rows(self, stream: str) -> list[Row]:
        """Return the rows of a stream."""
        return self.tables.events[UUID(stream)]

    async def _open_any(self, stream: str, name: str, sealed: bytes) -> bytes | None:
        for key in self.tables.every_key.get(UUID(stream), ()):
            plain = StreamKey(stream, key).open(name, sealed)
            if plain is not None:
                return plain
        return None
