"""Appending to and reading from the event log: one round trip an append, nothing half-done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from chassis import metrics
from chassis.errors import Unavailable
from chassis.eventlog.codec import Codec, Encoded
from chassis.eventlog.keyring import Keyring
from chassis.eventlog.outage import asking
from contracts.base import CloudEvent, Event

REPUBLISH_AFTER = timedelta(seconds=5)
"""How long a request may stay unsettled before it is published again; doubles each time."""

COLUMNS = (
    "stream, version, id, type, schema_version, source, recorded_at, "
    "cause, turn, traceparent, data::text as data, personal"
)
_APPEND = (
    "select version, recorded_at from eventlog.append("
    "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)"
)


class Conflict(Exception):
    """The stream has moved on since it was read: read the rest and decide again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event about to be recorded; `id` names it for good."""

    id: str
    event: Event
    cause: str | None = None
    turn: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A state as bytes of a format, after the stream's event number `version`."""

    version: int
    format: int
    state: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Wake:
    """When the stream is to be looked at again; None: not before its next input."""

    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """One append: all of it happens, or none.

    `expected` is the version the stream must stand at (None: any). `key` makes the append
    happen once. `pending`: True marks the stream as waiting to be looked at, False says it has
    been, None leaves that as it is. `settles` are requests that are done with.
    """

    stream: str
    events: Sequence[NewEvent]
    expected: int | None = None
    key: str | None = None
    settles: Sequence[str] = ()
    pending: bool | None = None
    wake: Wake | None = None
    snapshot: Snapshot | None = None


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
        self._pool = pool
        self._codec = codec
        self._keyring = Keyring(pool)
        self._source = source
        self._requests = requests

    async def append(self, new: Append) -> list[CloudEvent[Any]] | None:
        """Record the events and return them as they stand; None when the key was used before.

        Raises Conflict when the stream is not at `expected`, Unavailable without a database.
        """
        try:
            with asking("the event log"):
                row = await self._pool.fetchrow(_APPEND, *await self._arguments(new))
        except asyncpg.SerializationError:
            metrics.APPENDS.labels(outcome="conflict").inc()
            raise Conflict(new.stream) from None
        except Unavailable:
            metrics.APPENDS.labels(outcome="error").inc()
            raise
        metrics.APPENDS.labels(outcome="ok").inc()
        version: int = row["version"]
        return None if version < 0 else self._recorded(new, version, row[1])

    async def read(self, stream: str, *, after: int = 0) -> list[CloudEvent[Any]]:
        """Return the events of a stream with versions above `after`, in order."""
        find = f"select {COLUMNS} from eventlog.events where stream = $1 and version > $2"  # noqa: S608 (no input)
        with asking("the event log"):
            rows = await self._pool.fetch(find + " order by version", UUID(stream), after)
        return [await self.opened(row) for row in rows]

    async def read_event(self, event_id: str) -> CloudEvent[Any] | None:
        """Return one event by its id."""
        find = f"select {COLUMNS} from eventlog.events where id = $1"  # noqa: S608 (no input)
        with asking("the event log"):
            row = await self._pool.fetchrow(find, UUID(event_id))
        return await self.opened(row) if row else None

    async def snapshot(self, stream: str, *, form: int) -> Snapshot | None:
        """Return the stream's newest snapshot, if it is of this format and can be opened."""
        find = "select version, state from eventlog.snapshots where stream = $1 and format = $2"
        with asking("the event log"):
            row = await self._pool.fetchrow(find, UUID(stream), form)
        if row is None:
            return None
        state = await self._keyring.open(stream, _snapshot_name(row["version"]), row["state"])
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
        return await self._keyring.seal(stream, event_id, encoded.personal)

    async def open(self, stream: str, event_id: str, personal: bytes | None) -> bytes | None:
        """Return the personal part of an event in the clear; None when its key is gone."""
        if personal is None:
            return None
        return await self._keyring.open(stream, event_id, personal)

    async def opened(self, row: Mapping[str, Any]) -> CloudEvent[Any]:
        """Return the event of a row of the log (columns as `read` selects them)."""
        stream, event_id = str(row["stream"]), str(row["id"])
        personal = await self.open(stream, event_id, row["personal"])
        return CloudEvent(
            id=event_id,
            type=row["type"],
            source=row["source"],
            time=row["recorded_at"],
            stream=stream,
            version=row["version"],
            data=self._codec.decode(
                row["type"], row["schema_version"], row["data"].encode(), personal
            ),
            cause=_text(row["cause"]),
            turn=_text(row["turn"]),
            traceparent=row["traceparent"],
        )

    async def _arguments(self, new: Append) -> list[Any]:
        encoded = [self._codec.encode(each.event) for each in new.events]
        requests = [self._requests.get(type(each.event)) for each in new.events]
        return [
            UUID(new.stream),
            new.expected,
            new.key,
            self._source,
            [each.traceparent for each in new.events],
            [UUID(each.id) for each in new.events],
            [each.type for each in encoded],
            [each.schema_version for each in encoded],
            [each.data.decode() for each in encoded],
            [
                await self.sealed(new.stream, each.id, form)
                for each, form in zip(new.events, encoded, strict=True)
            ],
            [_uuid(each.cause) for each in new.events],
            [_uuid(each.turn) for each in new.events],
            requests if any(requests) else None,
            [UUID(each) for each in new.settles] or None,
            new.pending,
            new.wake is not None,
            new.wake.at if new.wake else None,
            new.snapshot.format if new.snapshot else None,
            await self._sealed_snapshot(new),
            REPUBLISH_AFTER,
        ]

    async def _sealed_snapshot(self, new: Append) -> bytes | None:
        if new.snapshot is None:
            return None
        name = _snapshot_name(new.snapshot.version)
        return await self._keyring.seal(new.stream, name, new.snapshot.state)

    def _recorded(self, new: Append, version: int, time: datetime) -> list[CloudEvent[Any]]:
        return [
            CloudEvent(
                id=each.id,
                type=each.event.NAME,
                source=self._source,
                time=time,
                stream=new.stream,
                version=version + number,
                data=each.event,
                cause=each.cause,
                turn=each.turn,
                traceparent=each.traceparent,
            )
            for number, each in enumerate(new.events, 1)
        ]


def _snapshot_name(version: int) -> str:
    return f"snapshot/{version}"


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None
