"""Making the read models anew beside the ones in use, and comparing the two row by row.

The projections' own statements run over the log, into temporary tables of one connection: nothing
that is in use is touched, and no transaction stays open.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from chassis.eventlog.outage import asking
from cli.history.records import Differing, Rebuilt
from services.conversation.projections.catalogue import PROJECTIONS
from services.conversation.projections.projection import Projection

SCHEMA = "readmodels."
BESIDE = "pg_temp."
_PLACE = "select tx, position from readmodels.checkpoints where projection = $1"
_EVENTS = """
    select id, type, schema_version from eventlog.events
    where (tx, position) <= ($1, $2)
        and (type, schema_version) in (select * from unnest($3::text[], $4::smallint[]))
    order by tx, position
"""


async def rebuilt(pool: asyncpg.Pool) -> Rebuilt:
    """Return how the read models differ from what the log leads to, as far as they have read it."""
    rows, differing = 0, list[Differing]()
    with asking("the read models"):
        async with pool.acquire() as connection:
            for projection in PROJECTIONS.values():
                number, found = await _compared(connection, projection)
                rows, differing = rows + number, differing + found
    return Rebuilt(rows=rows, differing=tuple(differing))


async def _compared(connection: Any, projection: Projection) -> tuple[int, list[Differing]]:
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        place = await connection.fetchrow(_PLACE, projection.name)
        in_use = await connection.fetch(f"select * from {projection.table}")  # noqa: S608 (no input)
        kinds = list(projection.statements)
        names, versions = [each.NAME for each in kinds], [each.VERSION for each in kinds]
        events = await connection.fetch(_EVENTS, *place, names, versions)
    anew = await _made(connection, projection, events)
    return len(anew), _differences(projection, in_use, anew)


async def _made(
    connection: Any, projection: Projection, events: Sequence[asyncpg.Record]
) -> list[asyncpg.Record]:
    beside = projection.table.replace(SCHEMA, BESIDE)
    statements = {
        (event.NAME, event.VERSION): [each.replace(SCHEMA, BESIDE) for each in several]
        for event, several in projection.statements.items()
    }
    await connection.execute(
        f"create temporary table {beside} (like {projection.table} including all)"
    )
    try:
        for event in events:
            for statement in statements[event["type"], event["schema_version"]]:
                await connection.execute(statement, event["id"])
        return await connection.fetch(f"select * from {beside}")  # noqa: S608 (no input)
    finally:
        await connection.execute(f"drop table {beside}")


def _differences(
    projection: Projection, in_use: Sequence[asyncpg.Record], anew: Sequence[asyncpg.Record]
) -> list[Differing]:
    name = "turn" if projection.name == "chat" else "request"
    used, made = _by(name, in_use), _by(name, anew)
    return [
        Differing(
            table=projection.table,
            row=row,
            how=_how(used.get(row), made.get(row)),
            stream=str((made.get(row) or used[row])["stream"]),
        )
        for row in sorted(used.keys() | made.keys())
        if used.get(row) != made.get(row)
    ]


def _by(name: str, rows: Sequence[asyncpg.Record]) -> dict[str, dict[str, Any]]:
    return {str(row[name]): dict(row) for row in rows}


def _how(used: Mapping[str, Any] | None, made: Mapping[str, Any] | None) -> str:
    if used is None:
        return "is missing"
    if made is None:
        return "is there without a reason in the log"
    columns = sorted(name for name, value in made.items() if used[name] != value)
    return f"differs in {', '.join(columns)}"
