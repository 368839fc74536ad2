"""What one append is: its events, the bytes they are sealed into, and its one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chassis.eventlog.codec import Encoded
from chassis.eventlog.keyring import StreamKey
from contracts.base import CloudEvent, Event

REPUBLISH_AFTER = timedelta(seconds=5)
"""How long a request may stay unsettled before it is published again; doubles each time."""

APPEND = (
    "select version, recorded_at from eventlog.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
    "$11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)"
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


@dataclass(frozen=True, slots=True)
class Written:
    """An event on record, and the very bytes that stand there: they can travel as they are."""

    event: CloudEvent[Any]
    encoded: Encoded
    personal: bytes | None


@dataclass(frozen=True, slots=True)
class Sealed:
    """The bytes of an append's events, all sealed with one key: None where nothing is personal."""

    key: StreamKey | None
    encoded: Sequence[Encoded]
    parts: Sequence[bytes | None]
    state: bytes | None

    @classmethod
    def under(cls, key: StreamKey | None, new: Append, encoded: Sequence[Encoded]) -> "Sealed":
        """Seal what an append has of personal parts."""
        return cls(
            key=key,
            encoded=encoded,
            parts=[
                sealed_part(key, each.id, form)
                for each, form in zip(new.events, encoded, strict=True)
            ],
            state=_sealed_state(key, new.snapshot),
        )


def append_arguments(
    new: Append, sealed: Sealed, *, source: str, subjects: Sequence[str | None]
) -> list[Any]:
    """Return what APPEND takes; `subjects` are those of the events that await settling."""
    return [
        UUID(new.stream),
        new.expected,
        new.key,
        source,
        [each.traceparent for each in new.events],
        [UUID(each.id) for each in new.events],
        [each.type for each in sealed.encoded],
        [each.schema_version for each in sealed.encoded],
        [each.data.decode() for each in sealed.encoded],
        sealed.parts,
        [as_uuid(each.cause) for each in new.events],
        [as_uuid(each.turn) for each in new.events],
        subjects if any(subjects) else None,
        [UUID(each) for each in new.settles] or None,
        new.pending,
        new.wake is not None,
        new.wake.at if new.wake else None,
        new.snapshot.format if new.snapshot else None,
        sealed.state,
        REPUBLISH_AFTER,
        sealed.key.generation if sealed.key else None,
    ]


def sealed_part(key: StreamKey | None, event_id: str, encoded: Encoded) -> bytes | None:
    """Return an event's personal part as it is stored and sent."""
    if key is None or encoded.personal is None:
        return None
    return key.seal(event_id, encoded.personal)


def recorded(
    new: NewEvent, stream: str, version: int, time: datetime, source: str
) -> CloudEvent[Any]:
    """Return an event as it stands on record."""
    return CloudEvent(
        id=new.id,
        type=new.event.NAME,
        source=source,
        time=time,
        stream=stream,
        version=version,
        data=new.event,
        cause=new.cause,
        turn=new.turn,
        traceparent=new.traceparent,
    )


def snapshot_name(version: int) -> str:
    """Return the name that a snapshot is sealed under."""
    return f"snapshot/{version}"


def as_uuid(text: str | None) -> UUID | None:
    """Return an id as the database takes it."""
    return UUID(text) if text else None


def _sealed_state(key: StreamKey | None, snapshot: Snapshot | None) -> bytes | None:
    if key is None or snapshot is None:
        return None
    return key.seal(snapshot_name(snapshot.version), snapshot.state)
