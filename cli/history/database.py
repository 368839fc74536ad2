"""Reading the record for the checker: the log in the clear, what was kept of it, what is left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

from chassis.eventlog.appending import snapshot_name
from chassis.eventlog.keyring import StreamKey
from chassis.eventlog.outage import asking
from cli.history.records import Kept, LoggedEvent, Rest
from contracts.subjects import DEAD_STREAM

PAGE = 2_000
FIRST = ("00000000-0000-0000-0000-000000000000", 0)

_EVENTS = """
    select stream, version, id, type, schema_version, source,
        extract(epoch from recorded_at)::float8 as at, cause, turn, data::text as data, personal
    from eventlog.events where (stream, version) > ($1, $2) order by stream, version limit $3
"""
_KEYS = "select stream, key from eventlog.keys"
_KEPT = "select stream, version, format, state from eventlog.snapshots order by stream"
_OUTBOX = "select event_id from eventlog.outbox order by created_at"
_PENDING = "select stream from eventlog.streams where pending_since is not null order by stream"
_HEADS = "select stream, version from eventlog.streams order by stream"


@dataclass(frozen=True, slots=True)
class Recorded:
    """The record as it stood at one moment."""

    events: Sequence[LoggedEvent]
    kept: Sequence[Kept]
    rest: Rest


async def recorded(pool: asyncpg.Pool, *, dead_letters: int | None = None) -> Recorded:
    """Return the whole record as of now, its words in the clear where its keys open them."""
    with asking("the event log"):
        async with (
            pool.acquire() as connection,
            # One moment for all of it, also while others write.
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            keys = _keys(await connection.fetch(_KEYS))
            events = await _events(connection, keys)
            states = [_state(row, keys) for row in await connection.fetch(_KEPT)]
            rest = await _rest(connection, dead_letters)
    return Recorded(events, states, rest)


async def dead_letters(nats: Client) -> int | None:
    """Return how many dead letters wait; None when the bus does not tell."""
    try:
        info = await nats.jetstream(timeout=5).stream_info(DEAD_STREAM)
    except NotFoundError:
        return 0
    except (NatsError, OSError, TimeoutError):
        return None
    return info.state.messages


async def _events(connection: Any, keys: Mapping[str, StreamKey]) -> list[LoggedEvent]:
    found: list[LoggedEvent] = []
    place = FIRST
    while rows := await connection.fetch(_EVENTS, *place, PAGE):
        found += (_event(row, keys) for row in rows)
        place = (rows[-1]["stream"], rows[-1]["version"])
    return found


async def _rest(connection: Any, letters: int | None) -> Rest:
    outbox, pending = await connection.fetch(_OUTBOX), await connection.fetch(_PENDING)
    heads = await connection.fetch(_HEADS)
    return Rest(
        outbox=tuple(str(row[0]) for row in outbox),
        pending=tuple(str(row[0]) for row in pending),
        dead_letters=letters,
        heads={str(stream): version for stream, version in heads},
    )


def _keys(rows: Sequence[asyncpg.Record]) -> dict[str, StreamKey]:
    return {str(row["stream"]): StreamKey(str(row["stream"]), row["key"]) for row in rows}


def _event(row: Mapping[str, Any], keys: Mapping[str, StreamKey]) -> LoggedEvent:
    stream, name, personal = str(row["stream"]), str(row["id"]), row["personal"]
    key = keys.get(stream)
    opened = key.open(name, personal) if key is not None and personal is not None else None
    return LoggedEvent(
        stream=stream,
        version=row["version"],
        id=name,
        type=row["type"],
        schema_version=row["schema_version"],
        source=row["source"],
        at=row["at"],
        data=row["data"],
        cause=str(row["cause"]) if row["cause"] else None,
        turn=str(row["turn"]) if row["turn"] else None,
        personal=personal,
        opened=opened.decode() if opened is not None else None,
    )


def _state(row: Mapping[str, Any], keys: Mapping[str, StreamKey]) -> Kept:
    stream, version = str(row["stream"]), row["version"]
    key = keys.get(stream)
    state = key.open(snapshot_name(version), row["state"]) if key is not None else None
    return Kept(stream=stream, version=version, format=row["format"], state=state)
