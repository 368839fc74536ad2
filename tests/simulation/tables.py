"""The tables of the services' database in memory, and what each of their statements does.

A statement is known by its very text, so one that changed is an error here and not a difference
that nobody sees; `test_same_log.py` runs one suite against these and against Postgres.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import asyncpg

Clock = Callable[[], datetime]
NEVER = datetime.max.replace(tzinfo=UTC)
"""Postgres's 'infinity'."""
EVER = datetime.min.replace(tzinfo=UTC)


class Row:
    """One row of a result: read by name, by number, or unpacked."""

    __slots__ = ("_columns",)

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self._columns = dict(columns)

    def __getitem__(self, key: str | int) -> Any:
        return list(self._columns.values())[key] if isinstance(key, int) else self._columns[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._columns.values())

    def keys(self) -> Iterable[str]:
        return self._columns.keys()


@dataclass(slots=True)
class Stream:
    """A row of eventlog.streams."""

    version: int
    pending_since: datetime | None = None
    wake_at: datetime | None = None


@dataclass(slots=True)
class Owed:
    """A row of eventlog.outbox."""

    event_id: UUID
    stream: UUID
    version: int
    subject: str
    created_at: datetime
    next_publish_at: datetime
    publishes: int = 1


@dataclass(slots=True)
class Delivery:
    """A row of notifier.deliveries."""

    turn_id: str
    attempt: int
    claimed_until: datetime
    intent_at: datetime
    open: bool = True
    in_doubt: bool = False
    token_refused: bool = False
    content_refused: bool = False


@dataclass(frozen=True, slots=True)
class Without:
    """Which safeguards are off: the simulation must notice each of them."""

    optimistic_check: bool = False
    inbox: bool = False
    intent: bool = False
    sweeper: bool = False
    drain: bool = False
    catching_up: bool = False

    @property
    def missing(self) -> str:
        """Name what is off."""
        return ", ".join(each.name for each in fields(self) if getattr(self, each.name))


NOTHING = Without()


@dataclass
class Tables:
    """All rows, and the database's own clock."""

    clock: Clock
    chance: Random
    without: Without = NOTHING
    streams: dict[UUID, Stream] = field(default_factory=dict[UUID, Stream])
    events: dict[UUID, list[Row]] = field(default_factory=dict[UUID, list[Row]])
    by_id: dict[UUID, Row] = field(default_factory=dict[UUID, Row])
    inbox: dict[str, UUID] = field(default_factory=dict[str, UUID])
    outbox: dict[UUID, Owed] = field(default_factory=dict[UUID, Owed])
    snapshots: dict[UUID, tuple[int, int, bytes]] = field(
        default_factory=dict[UUID, tuple[int, int, bytes]]
    )
    keys: dict[UUID, tuple[bytes, int]] = field(default_factory=dict[UUID, tuple[bytes, int]])
    people: dict[UUID, UUID] = field(default_factory=dict[UUID, UUID])
    deliveries: dict[str, Delivery] = field(default_factory=dict[str, Delivery])
    every_key: dict[UUID, list[bytes]] = field(default_factory=dict[UUID, list[bytes]])
    generations: int = 0
    last_time: datetime = EVER

    def in_order(self) -> list[Row]:
        """Return all events, each stream's in the order of its versions."""
        return [row for rows in self.events.values() for row in rows]

    # -- eventlog.append and eventlog.erase

    def append(self, *given: Any) -> list[Row]:
        """Do all that an append does, or nothing."""
        new = _New(*given)
        now = self.now()
        if new.key is not None and new.key in self.inbox and not self.without.inbox:
            return [Row({"version": -1, "recorded_at": now})]
        if new.generation is not None and not self._is_current(new.stream, new.generation):
            raise asyncpg.ObjectNotInPrerequisiteStateError("the key of the sealed parts is gone")
        before = self._moved_on(new, now)
        if new.key is not None:
            self.inbox[new.key] = new.stream
        for number, name in enumerate(new.ids):
            self._insert(new, number, name, before + number + 1, now)
        for name in new.settles or ():
            self.outbox.pop(name, None)
        if new.snapshot is not None:
            self._snapshot(new, before + len(new.ids))
        return [Row({"version": before, "recorded_at": now})]

    def erase(self, *given: Any) -> list[Row]:
        """Replace the key and append the event that says so, or do nothing."""
        stream, expected, key, source, trace, name, kind, schema, data, sealed = given[:10]
        cause, turn, new_key, requests = given[10:]
        now = self.now()
        if key in self.inbox:
            return [Row({"version": -1, "recorded_at": now})]
        found = self.streams.get(stream)
        if (found.version if found else 0) != expected:
            raise asyncpg.SerializationError("the stream has moved on")
        self.keys.pop(stream, None)
        made = self.make_key(stream, new_key)
        self.snapshots.pop(stream, None)
        for owed in [each for each in self.outbox.values() if each.stream == stream]:
            del self.outbox[owed.event_id]
        for row in self.events.get(stream, ()):
            if row["type"] in requests and f"result:{row['id']}" != key:
                self.inbox.setdefault(f"result:{row['id']}", stream)
        one = ([trace], [name], [kind], [schema], [data], [sealed], [cause], [turn])
        rest = (None, None, True, True, None, None, None, None, made)
        return self.append(stream, expected, key, source, *one, *rest)

    def make_key(self, stream: UUID, key: bytes) -> int:
        """Keep a key, under the next number, unless the stream has one."""
        if stream not in self.keys:
            self.generations += 1
            self.keys[stream] = (key, self.generations)
            self.every_key.setdefault(stream, []).append(key)
        return self.keys[stream][1]

    def now(self) -> datetime:
        """Return the time, which is never the same twice in one stream of statements."""
        self.last_time = max(self.clock(), self.last_time)
        return self.last_time

    def _is_current(self, stream: UUID, generation: int) -> bool:
        key = self.keys.get(stream)
        return key is not None and key[1] == generation

    def _moved_on(self, new: "_New", now: datetime) -> int:
        """Move the stream's row on; return the version before."""
        taken = [name for name in new.ids if name in self.by_id]
        found = self.streams.get(new.stream)
        version = found.version if found else 0
        wrong = new.expected is not None and new.expected != version
        if wrong and not self.without.optimistic_check:
            raise asyncpg.SerializationError("the stream has moved on")
        if taken:
            raise asyncpg.UniqueViolationError("an event of this id")
        stream = self.streams.setdefault(new.stream, Stream(0))
        stream.version += len(new.ids)
        if new.pending is not None:
            stream.pending_since = (stream.pending_since or now) if new.pending else None
        if new.set_wake:
            stream.wake_at = new.wake_at
        return version

    def _insert(self, new: "_New", number: int, name: UUID, version: int, now: datetime) -> None:
        row = Row(
            {
                "stream": new.stream,
                "version": version,
                "id": name,
                "type": new.types[number],
                "schema_version": new.schemas[number],
                "source": new.source,
                "recorded_at": now,
                "cause": new.causes[number],
                "turn": new.turns[number],
                "traceparent": new.traceparents[number],
                "data": new.data[number],
                "personal": new.personal[number],
            }
        )
        self.events.setdefault(new.stream, []).append(row)
        self.by_id[name] = row
        subject = new.requests[number] if new.requests else None
        if subject is not None:
            due = now + new.republish_after
            self.outbox[name] = Owed(name, new.stream, version, subject, now, due)

    def _snapshot(self, new: "_New", version: int) -> None:
        kept = self.snapshots.get(new.stream)
        if kept is None or kept[0] < version:
            self.snapshots[new.stream] = (version, new.format, new.snapshot or b"")


@dataclass(slots=True)
class _New:
    """The parameters of eventlog.append, in their order."""

    stream: UUID
    expected: int | None
    key: str | None
    source: str
    traceparents: Sequence[str | None]
    ids: Sequence[UUID]
    types: Sequence[str]
    schemas: Sequence[int]
    data: Sequence[str]
    personal: Sequence[bytes | None]
    causes: Sequence[UUID | None]
    turns: Sequence[UUID | None]
    requests: Sequence[str | None] | None
    settles: Sequence[UUID] | None
    pending: bool | None
    set_wake: bool
    wake_at: datetime | None
    format: int
    snapshot: bytes | None
    republish_after: timedelta
    generation: int | None = None
