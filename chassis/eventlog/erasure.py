"""Destroying a stream's key: what was sealed with it reads as if nobody had said anything."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.eventlog.appending import Conflict, NewEvent, Written, as_uuid, recorded, sealed_part
from chassis.eventlog.keyring import new_key
from chassis.eventlog.log import EventLog
from contracts.catalogue import REQUESTS

__all__ = ["Conflict", "Erasure", "erase"]

_ERASE = (
    "select version, recorded_at from eventlog.erase("
    "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
)
_REQUESTS = sorted(event.NAME for event in REQUESTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """One erasure: `event` says so and is the first to be sealed with the stream's new key.

    The stream must stand at `expected`; `key` makes it happen once.
    """

    stream: str
    event: NewEvent
    expected: int
    key: str


async def erase(log: EventLog, new: Erasure) -> Written | None:
    """Destroy the key, drop the snapshot, settle everything and append the event, or do nothing.

    None when the key of the erasure was used before. A request from before has no result any
    more: one that comes late counts as recorded already. Raises Conflict when the stream is not
    at `expected`, Unavailable without a database.
    """
    raw, key = new_key(new.stream)
    encoded = log.codec.encode(new.event.event)
    sealed = sealed_part(key, new.event.id, encoded)
    arguments: list[Any] = [
        UUID(new.stream),
        new.expected,
        new.key,
        log.source,
        new.event.traceparent,
        UUID(new.event.id),
        encoded.type,
        encoded.schema_version,
        encoded.data.decode(),
        sealed,
        as_uuid(new.event.cause),
        as_uuid(new.event.turn),
        raw,
        _REQUESTS,
    ]
    row = await log.stored(_ERASE, arguments)
    log.keyring.forget(new.stream)
    if row["version"] < 0:
        return None
    place = row["version"] + 1
    event = recorded(new.event, new.stream, place, row["recorded_at"], log.source)
    return Written(event, encoded, sealed)
