"""Appending to and reading from the event log: one round trip an append, nothing half-done."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from chassis import metrics
from chassis.errors import Unavailable
from chassis.eventlog.appending import (
    APPEND,
    REPUBLISH_AFTER,
    Append,
    Conflict,
    NewEvent,
    Sealed,
    Snapshot,
    Wake,
    Written,
    append_arguments,
    recorded,
    snapshot_name,
)
from chassis.eventlog.codec import Codec, Encoded
from chassis.eventlog.keyring import Keyring, StreamKey
from chassis.eventlog.outage import asking
from contracts.base import CloudEvent, Event

__all__ = [
    "COLUMNS",
    "REPUBLISH_AFTER",
    "Append",
    "Conflict",
    "EventLog",
    "NewEvent",
    "Snapshot",
    "Wake",
    "Written",
]

COLUMNS = (
    "stream, version, id, type, schema_version, source, recorded_at, "
    "cause, turn, traceparent, data::text as data, personal"
)
MOST_KEYS = 5
"""An append that finds its key destroyed so many times in a row is tried again later."""

OpenPart = Callable[[str, str, bytes], Awaitable[bytes | None]]
"""Opens the sealed part of a stream's event: its text, or None when the key is gone."""


class EventLog:
    """The event log as one service sees it: it reads all, and writes under its own name."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        codec: Codec,
        *,
        source: str,
        requests: Mapping[type[Event], str],
    ) -> None:
        """Write as `source`; events of a class in `requests` await settling on that subject."""
        self.codec = codec
        self.keyring = Keyring(pool)
        self.source = source
        self._pool = pool
        self._requests = requests

    async def append(self, new: Append) -> list[CloudEvent[Any]] | None:
        """Record the events and return them as they stand; None when the key was used before.

        Raises Conflict when the stream is not at `expected`, Unavailable without a database.
        """
        written = await self.write(new)
        return None if written is None else [each.event for each in written]

    async def write(self, new: Append) -> list[Written] | None:
        """Do as `append` does; return the events with the bytes that stand in the log."""
        encoded = [self.codec.encode(each.event) for each in new.events]
        subjects = [self._requests.get(type(each.event)) for each in new.events]
        for _ in range(MOST_KEYS):
            sealed = Sealed.under(await self._key_for(new, encoded), new, encoded)
            arguments = append_arguments(new, sealed, source=self.source, subjects=subjects)
            try:
                row = await self.stored(APPEND, arguments)
            except asyncpg.ObjectNotInPrerequisiteStateError:
                self.keyring.forget(new.stream)
                continue
            return self._written(new, sealed, *row) if row["version"] >= 0 else None
        raise Unavailable("a key that lasts")

    async def stored(self, statement: str, arguments: Sequence[Any]) -> asyncpg.Record:
        """Run a statement that appends and return its row, counted by how it ended."""
        try:
            with asking("the event log"):
                row = await self._pool.fetchrow(statement, *arguments)
        except asyncpg.SerializationError:
            metrics.APPENDS.labels(outcome="conflict").inc()
            raise Conflict(str(arguments[0])) from None
        except Unavailable:
            metrics.APPENDS.labels(outcome="error").inc()
            raise
        metrics.APPENDS.labels(outcome="ok").inc()
        return row

    async def read_written(self, event_id: str) -> Written | None:
        """Return one event as it stands in the log, with its personal part still sealed."""
        row = await self._row(event_id)
        if row is None:
            return None
        encoded = Encoded(
            type=row["type"],
            schema_version=row["schema_version"],
            data=row["data"].encode(),
            personal=None,
        )
        event = await self.opened({**row, "personal": None})
        return Written(event, encoded, row["personal"])

    async def read_kinds(self, stream: str, *kinds: type[Event]) -> list[CloudEvent[Any]]:
        """Return a stream's events of some kinds, in order."""
        find = (
            f"select {COLUMNS} from eventlog.events "  # noqa: S608 (no input)
            "where stream = $1 and type = any($2) order by version"
        )
        with asking("the event log"):
            rows = await self._pool.fetch(find, UUID(stream), [kind.NAME for kind in kinds])
        opening = self.keyring.opening()
        return [await self.opened(row, opening.open) for row in rows]

    async def read(
        self, stream: str, *, after: int = 0, limit: int | None = None
    ) -> list[CloudEvent[Any]]:
        """Return the events of a stream with versions above `after`, in order, `limit` at most."""
        find = (
            f"select {COLUMNS} from eventlog.events "  # noqa: S608 (no input)
            "where stream = $1 and version > $2 order by version limit $3"
        )
        with asking("the event log"):
            rows = await self._pool.fetch(find, UUID(stream), after, limit)
        opening = self.keyring.opening()
        return [await self.opened(row, opening.open) for row in rows]

    async def read_event(self, event_id: str) -> CloudEvent[Any] | None:
        """Return one event by its id."""
        row = await self._row(event_id)
        return await self.opened(row) if row else None

    async def snapshot(self, stream: str, *, form: int) -> Snapshot | None:
        """Return the stream's newest snapshot, if it is of this format and can be opened."""
        find = "select version, state from eventlog.snapshots where stream = $1 and format = $2"
        with asking("the event log"):
            row = await self._pool.fetchrow(find, UUID(stream), form)
        if row is None:
            return None
        state = await self.keyring.open(stream, snapshot_name(row["version"]), row["state"])
        return Snapshot(version=row["version"], format=form, state=state) if state else None

    async def looked_at(self, stream: str, version: int) -> None:
        """Note that nothing is to be done about a stream as it stands at `version`."""
        note = (
            "update eventlog.streams set pending_since = null "
            "where stream = $1 and version = $2 and pending_since is not null"
        )
        with asking("the event log"):
            await self._pool.execute(note, UUID(stream), version)

    async def sealed(self, stream: str, event_id: str, encoded: Encoded) -> bytes | None:
        """Return the personal part of an event as it is stored and sent."""
        if encoded.personal is None:
            return None
        return await self.keyring.seal(stream, event_id, encoded.personal)

    async def open(self, stream: str, event_id: str, personal: bytes | None) -> bytes | None:
        """Return the personal part of an event in the clear; None when its key is gone."""
        if personal is None:
            return None
        return await self.keyring.open(stream, event_id, personal)

    async def opened(
        self, row: Mapping[str, Any], open_part: OpenPart | None = None
    ) -> CloudEvent[Any]:
        """Return the event of a row of the log (columns as `read` selects them).

        Whoever reads many rows gives the `open` of one keyring.opening() for all of them.
        """
        stream, event_id, personal = str(row["stream"]), str(row["id"]), row["personal"]
        if personal is not None:
            personal = await (open_part or self.keyring.open)(stream, event_id, personal)
        return CloudEvent(
            id=event_id,
            type=row["type"],
            source=row["source"],
            time=row["recorded_at"],
            stream=stream,
            version=row["version"],
            data=self.codec.decode(
                row["type"], row["schema_version"], row["data"].encode(), personal
            ),
            cause=_text(row["cause"]),
            turn=_text(row["turn"]),
            traceparent=row["traceparent"],
        )

    async def _row(self, event_id: str) -> Mapping[str, Any] | None:
        find = f"select {COLUMNS} from eventlog.events where id = $1"  # noqa: S608 (no input)
        with asking("the event log"):
            return await self._pool.fetchrow(find, UUID(event_id))

    async def _key_for(self, new: Append, encoded: Sequence[Encoded]) -> StreamKey | None:
        """Return the one key that all of an append is sealed with; None when nothing is to be."""
        personal = new.snapshot is not None or any(each.personal is not None for each in encoded)
        return await self.keyring.key(new.stream) if personal else None

    def _written(self, new: Append, sealed: Sealed, version: int, time: datetime) -> list[Written]:
        parts = zip(new.events, sealed.encoded, sealed.parts, strict=True)
        return [
            Written(recorded(each, new.stream, version + number, time, self.source), form, part)
            for number, (each, form, part) in enumerate(parts, 1)
        ]


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None
