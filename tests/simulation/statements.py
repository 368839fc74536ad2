"""Every statement that the simulated services send, and what it does to the tables."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chassis.eventlog.appending import APPEND
from chassis.eventlog.erasure import _ERASE
from chassis.eventlog.keyring import _FIND, _MAKE, _STILL
from chassis.eventlog.log import COLUMNS
from chassis.eventlog.people import _NOTE, _OF
from contracts.conversation import DataErased
from contracts.gateway import MessageUnsent
from services.conversation.personal_data.erasing import _AT_WORK
from services.conversation.sweeper import _DUE_REQUESTS, _DUE_STREAMS, _OLDEST
from services.notifier.ledger import _CLAIM, _RELEASE, _RENEW
from tests.simulation.tables import NEVER, Delivery, Owed, Row, Tables

Does = Callable[..., list[Row]]
LONGEST_PAUSE = 8.0


def find_key(tables: Tables, stream: UUID) -> list[Row]:
    key = tables.keys.get(stream)
    return [Row({"key": key[0], "generation": key[1]})] if key else []


def still(tables: Tables, stream: UUID, version: int, words_of: str) -> list[Row]:
    since = tables.events.get(stream, [])[version:]
    gone = any(
        row["type"] == DataErased.NAME
        or (row["type"] == MessageUnsent.NAME and _message(row) == words_of)
        for row in since
    )
    return [] if gone else find_key(tables, stream)


def _message(row: Row) -> str:
    return json.loads(row["data"])["message_id"]


def make_key(tables: Tables, stream: UUID, key: bytes) -> list[Row]:
    tables.make_key(stream, key)
    return []


def read(tables: Tables, stream: UUID, after: int, limit: int | None) -> list[Row]:
    rows = tables.events.get(stream, [])[after:]
    return rows if limit is None else rows[:limit]


def read_kinds(tables: Tables, stream: UUID, kinds: list[str]) -> list[Row]:
    return [row for row in tables.events.get(stream, []) if row["type"] in kinds]


def read_event(tables: Tables, name: UUID) -> list[Row]:
    row = tables.by_id.get(name)
    return [row] if row else []


def snapshot(tables: Tables, stream: UUID, form: int) -> list[Row]:
    kept = tables.snapshots.get(stream)
    if kept is None or kept[1] != form:
        return []
    return [Row({"version": kept[0], "state": kept[2]})]


def looked_at(tables: Tables, stream: UUID, version: int) -> list[Row]:
    found = tables.streams.get(stream)
    if found is not None and found.version == version:
        found.pending_since = None
    return []


def note_person(tables: Tables, stream: UUID, person: UUID) -> list[Row]:
    tables.people.setdefault(stream, person)
    return []


def conversations_of(tables: Tables, stream: UUID) -> list[Row]:
    person = tables.people.get(stream, stream)
    groups = sorted(each for each, whose in tables.people.items() if whose == person)
    others = [Row({"stream": each, "direct": False}) for each in groups]
    return [Row({"stream": person, "direct": True}), *others]


def is_owed(tables: Tables, name: UUID) -> list[Row]:
    return [Row({"found": 1})] if name in tables.outbox else []


def park(tables: Tables, name: UUID) -> list[Row]:
    if name in tables.outbox:
        tables.outbox[name].next_publish_at = NEVER
    return []


def at_work(tables: Tables, streams: list[UUID], asked: UUID) -> list[Row]:
    busy = any(
        each.stream in streams and each.event_id != asked and each.next_publish_at < NEVER
        for each in tables.outbox.values()
    )
    return [Row({"exists": busy})]


def due_streams(tables: Tables, overlooked: timedelta, limit: int) -> list[Row]:
    now = tables.now()
    due = [
        stream
        for stream, each in tables.streams.items()
        if (each.pending_since is not None and each.pending_since < now - overlooked)
        or (each.wake_at is not None and each.wake_at < now)
    ]
    tables.chance.shuffle(due)
    return [Row({"stream": stream}) for stream in due[:limit]]


def due_requests(tables: Tables, first: timedelta, longest: timedelta, limit: int) -> list[Row]:
    now = tables.now()
    due = sorted(
        (each for each in tables.outbox.values() if each.next_publish_at < now),
        key=lambda each: each.next_publish_at,
    )[:limit]
    for each in due:
        each.next_publish_at = now + min(first * 2.0 ** min(each.publishes, 12), longest)
        each.publishes += 1
    return [Row({"event_id": each.event_id}) for each in due]


def oldest(tables: Tables) -> list[Row]:
    owed = (each for each in tables.outbox.values() if each.next_publish_at < NEVER)
    since = min((each.created_at for each in owed), default=None)
    return [Row({"age": (tables.now() - since).total_seconds() if since else 0.0})]


def claim(tables: Tables, *given: Any) -> list[Row]:
    name, stream, subject, version, reply_id, turn_id, _, _, length = given
    asked = tables.outbox.get(name)
    first = _earlier(tables, stream, subject, version)
    made = _claimed(tables, reply_id, turn_id, length) if asked and first is None else None
    learned = (made.in_doubt, made.token_refused, made.content_refused) if made else (None,) * 3
    return [
        Row(
            {
                "asked": asked is not None,
                "earlier": first.event_id if first else None,
                "attempt": made.attempt if made else None,
                "in_doubt": learned[0],
                "token_refused": learned[1],
                "content_refused": learned[2],
                "intent_at": made.intent_at if made else None,
            }
        )
    ]


def _earlier(tables: Tables, stream: UUID, subject: str, version: int) -> Owed | None:
    earlier = (
        each
        for each in tables.outbox.values()
        if each.stream == stream
        and each.subject == subject
        and each.version < version
        and each.next_publish_at < NEVER
    )
    return min(earlier, key=lambda each: each.version, default=None)


def _claimed(tables: Tables, reply_id: str, turn_id: str, length: timedelta) -> Delivery | None:
    now = tables.now()
    found = tables.deliveries.get(reply_id)
    if found is None or tables.without.intent:
        made = Delivery(turn_id, 1, now + length, now)
        tables.deliveries[reply_id] = made
        return made
    if found.claimed_until > now:
        return None
    found.attempt += 1
    found.in_doubt = found.in_doubt or found.open
    found.open = True
    found.claimed_until = now + length
    found.intent_at = now
    return found


def renew(tables: Tables, reply_id: str, attempt: int, *given: Any) -> list[Row]:
    found = tables.deliveries.get(reply_id)
    if found is None or found.attempt != attempt:
        return []
    now = tables.now()
    found.attempt += 1
    _learn(found, *given[:3])
    found.claimed_until = now + given[3]
    found.intent_at = now
    return [Row({"attempt": found.attempt, "intent_at": now})]


def release(tables: Tables, reply_id: str, attempt: int, *learned: bool) -> list[Row]:
    found = tables.deliveries.get(reply_id)
    if found is not None and found.attempt == attempt:
        found.open = False
        _learn(found, *learned)
        pause = min(0.25 * 2.0**attempt, LONGEST_PAUSE)
        found.claimed_until = tables.now() + timedelta(seconds=pause)
    return []


def _learn(found: Delivery, *learned: bool) -> None:
    found.in_doubt, found.token_refused, found.content_refused = learned


def is_being_answered(tables: Tables, turn_id: str) -> list[Row]:
    found = any(each.turn_id == turn_id for each in tables.deliveries.values())
    return [Row({"found": 1})] if found else []


def forget_deliveries(tables: Tables, kept: timedelta) -> list[Row]:
    oldest_kept: datetime = tables.now() - kept
    for name in [n for n, each in tables.deliveries.items() if each.intent_at < oldest_kept]:
        del tables.deliveries[name]
    return []


INLINE = {
    "read": f"select {COLUMNS} from eventlog.events "  # noqa: S608 (no input)
    "where stream = $1 and version > $2 order by version limit $3",
    "read_kinds": f"select {COLUMNS} from eventlog.events "  # noqa: S608 (no input)
    "where stream = $1 and type = any($2) order by version",
    "read_event": f"select {COLUMNS} from eventlog.events where id = $1",  # noqa: S608 (no input)
    "snapshot": "select version, state from eventlog.snapshots where stream = $1 and format = $2",
    "looked_at": "update eventlog.streams set pending_since = null "
    "where stream = $1 and version = $2 and pending_since is not null",
    "is_owed": "select 1 from eventlog.outbox where event_id = $1",
    "park": "update eventlog.outbox set next_publish_at = 'infinity' where event_id = $1",
    "is_being_answered": "select 1 as found from notifier.deliveries where turn_id = $1 limit 1",
    "forget": "delete from notifier.deliveries where intent_at < now() - $1::interval",
}
"""Statements that have no name where they are sent."""

_BY_TEXT: dict[str, Does] = {
    APPEND: Tables.append,
    _ERASE: Tables.erase,
    _FIND: find_key,
    _MAKE: make_key,
    _STILL: still,
    INLINE["read"]: read,
    INLINE["read_kinds"]: read_kinds,
    INLINE["read_event"]: read_event,
    INLINE["snapshot"]: snapshot,
    INLINE["looked_at"]: looked_at,
    _NOTE: note_person,
    _OF: conversations_of,
    INLINE["is_owed"]: is_owed,
    INLINE["park"]: park,
    _AT_WORK: at_work,
    _DUE_STREAMS: due_streams,
    _DUE_REQUESTS: due_requests,
    _OLDEST: oldest,
    _CLAIM: claim,
    _RENEW: renew,
    _RELEASE: release,
    INLINE["is_being_answered"]: is_being_answered,
    INLINE["forget"]: forget_deliveries,
}


class UnknownStatement(Exception):
    """A service sends what the simulation has not been taught: see statements.py."""


def done(tables: Tables, statement: str, given: tuple[Any, ...]) -> list[Row]:
    """Do what a statement says, in one go."""
    does = _BY_TEXT.get(statement)
    if does is None:
        raise UnknownStatement(statement)
    return does(tables, *given)
