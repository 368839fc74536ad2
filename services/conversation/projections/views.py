"""Reading the read models as their operators do: the newest rows, with what is sealed opened."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from chassis.eventlog.keyring import Keyring, Opening
from chassis.eventlog.outage import asking
from services.conversation.projections.projection import Projection

REDACTED = "[redacted]"
"""What a user took back."""
ERASED = "[erased]"
"""What a user has had destroyed."""
SECRETS = frozenset({"reply_token", "quote_token", "read_token"})
"""Of no use to a reader, and of some use to a thief."""
SEALED: Mapping[str, Mapping[str, str]] = {
    "chat": {"asked": "turn", "answer": "answer_id"},
    "tts": {"asked": "request", "result": "result_id"},
    "voicemail": {"asked": "request", "result": "result_id"},
    "email": {"asked": "request", "result": "result_id"},
}
"""The sealed columns of each table, and the ones that name the events they come from."""


async def newest(
    pool: asyncpg.Pool,
    keyring: Keyring,
    projection: Projection,
    *,
    last: int,
    stream: str | None = None,
) -> list[dict[str, Any]]:
    """Return the last rows of a read model, of one stream or of all, oldest first.

    Texts are opened; where that is not to be, or cannot be, the row says which.
    """
    begins = "received_at" if projection.name == "chat" else "requested_at"
    find = (
        f"select * from {projection.table} where $1::uuid is null or stream = $1 "  # noqa: S608 (no input)
        f"order by {begins} desc, stream, version desc limit $2"
    )
    with asking("the read models"):
        rows = await pool.fetch(find, UUID(stream) if stream else None, last)
    opening = keyring.opening()
    return [await _opened(row, SEALED[projection.name], opening) for row in reversed(rows)]


async def _opened(
    row: Mapping[str, Any], sealed: Mapping[str, str], opening: Opening
) -> dict[str, Any]:
    shown = {name: _plain(value) for name, value in row.items() if value is not None}
    for column, source in sealed.items():
        if row[source] is not None:
            name = str(row[source])
            shown[column] = await _told(row, column, name, opening)
    return shown


async def _told(row: Mapping[str, Any], column: str, name: str, opening: Opening) -> Any:
    if row["redacted"]:
        return REDACTED
    if row[column] is None:
        return None  # the event has nothing personal
    plain = await opening.open(str(row["stream"]), name, row[column])
    if plain is None:
        return ERASED
    fields: dict[str, Any] = msgspec.json.decode(plain)
    return {field: value for field, value in fields.items() if field not in SECRETS}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
