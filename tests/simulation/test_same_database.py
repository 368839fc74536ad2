"""The tables in memory do what Postgres does: the same statements, the same answers and rows."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis.database import open_pool
from chassis.eventlog.appending import APPEND
from chassis.eventlog.erasure import _ERASE
from chassis.eventlog.keyring import _FIND, _MAKE
from chassis.testing import Database
from services.conversation.sweeper import _DUE_REQUESTS, _DUE_STREAMS
from tests.simulation.anything import Anything, Statement
from tests.simulation.pool import Direct
from tests.simulation.tables import NEVER, Tables

STATEMENTS = 400
UNORDERED = {_DUE_REQUESTS, _DUE_STREAMS}
TIMES = {"recorded_at", "created_at"}
_ROWS = {
    "streams": "select stream, version, pending_since is not null, wake_at from eventlog.streams",
    "inbox": "select key, stream from eventlog.inbox",
    "outbox": "select event_id, stream, version, subject, publishes, "
    "next_publish_at = 'infinity' from eventlog.outbox",
    "snapshots": "select stream, version, format, state from eventlog.snapshots",
    "keys": "select stream, key from eventlog.keys",
    "people": "select stream, person from eventlog.people",
    "deliveries": "select reply_id, turn_id, attempt, open, in_doubt, token_refused, "
    "content_refused from notifier.deliveries",
}


def in_memory() -> Tables:
    return Tables(lambda: datetime.now(UTC), Random(0))


async def said(pool: Any, statement: Statement) -> Any:
    """Return what a database answers, without the times that are its own."""
    text, given = statement
    try:
        rows = await pool.fetch(text, *given)
    except (
        asyncpg.SerializationError,
        asyncpg.UniqueViolationError,
        asyncpg.ObjectNotInPrerequisiteStateError,
    ) as error:
        return type(error).__name__
    plain = [_without_times(row, text) for row in rows]
    return sorted(plain, key=repr) if text in UNORDERED else plain


def _without_times(row: Any, statement: str) -> list[Any]:
    first_only = statement in {APPEND, _ERASE, _FIND}  # then: a time, or a key's number
    return [_plain(value) for value in ([row[0]] if first_only else row)]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return None
    if isinstance(value, str) and value.startswith("{"):
        return json.loads(value)
    return value


def rows_in(tables: Tables) -> dict[str, Iterable[Any]]:
    """Return all rows as _ROWS selects them."""
    return {
        "streams": [
            (name, s.version, s.pending_since is not None, s.wake_at)
            for name, s in tables.streams.items()
        ],
        "inbox": tables.inbox.items(),
        "outbox": [
            (o.event_id, o.stream, o.version, o.subject, o.publishes, o.next_publish_at == NEVER)
            for o in tables.outbox.values()
        ],
        "snapshots": [(name, *kept) for name, kept in tables.snapshots.items()],
        "keys": [(name, key) for name, (key, _) in tables.keys.items()],
        "people": tables.people.items(),
        "deliveries": [
            (
                name,
                d.turn_id,
                d.attempt,
                d.open,
                d.in_doubt,
                d.token_refused,
                d.content_refused,
            )
            for name, d in tables.deliveries.items()
        ],
    }


@pytest.mark.parametrize("seed", range(6))
async def test_both_say_and_keep_the_same_whatever_they_are_asked(postgres: Database, seed: int):
    tables = in_memory()
    memory = Direct(tables)
    anything = Anything(Random(seed))
    async with open_pool(postgres.service_url) as pool:
        for statement in anything.statements(STATEMENTS):
            assert await said(memory, statement) == await said(pool, statement), statement
            anything.versions = {name: s.version for name, s in tables.streams.items()}
        for table, rows in rows_in(tables).items():
            kept = [tuple(row) for row in await pool.fetch(_ROWS[table])]
            assert sorted(map(tuple, rows), key=repr) == sorted(kept, key=repr), table


async def test_keys_have_rising_numbers_and_an_append_needs_the_last_one(postgres: Database):
    async with open_pool(postgres.service_url) as pool:
        databases: list[Any] = [pool, Direct(in_memory())]
        for each in databases:
            await each.execute(_MAKE, STREAM, b"first")
            first = await each.fetchrow(_FIND, STREAM)
            await each.fetch(_ERASE, *ERASURE)
            second = await each.fetchrow(_FIND, STREAM)
            assert (first["key"], second["key"]) == (b"first", b"second")
            assert second["generation"] > first["generation"]
            with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError):
                await each.fetch(APPEND, *sealed_with(first["generation"]))
            assert await said(each, (APPEND, sealed_with(second["generation"]))) == [[1]]


STREAM = UUID(int=7)
ERASURE = (STREAM, 0, "k", "/t", None, UUID(int=8), "e", 1, "{}", b"s", None, None, b"second", [])


def sealed_with(generation: int) -> tuple[Any, ...]:
    """Return the append of one event, sealed with a key of this number."""
    event = ([None], [UUID(int=9)], ["a"], [1], ["{}"], [b"sealed"], [None], [None])
    rest = (None, None, None, False, None, None, None, timedelta(0))
    return (STREAM, None, None, "/t", *event, *rest, generation)
