"""Keeping the read models up to date: a page of the log at a time, and its place with it.

Whoever has the row of a checkpoint works on that projection; the other replicas pass it by. Page
and place are one transaction, so that each event counts once, whenever a process dies.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import asyncpg

from chassis import metrics
from chassis.eventlog.outage import asking
from chassis.telemetry import get_logger
from services.conversation.projections.catalogue import PROJECTIONS
from services.conversation.projections.projection import Projection

LOOK_SECONDS = 1.0
BUSY_SECONDS = 0.05
PAGE = 500
PASSED_OVER = 1_000
"""So many transactions without an event for a projection are read again each time: to move its
place on at each of them would be a transaction of its own, without end."""
LAST_POSITION = 2**63 - 1

# Taken before the page is read: what ended before it is visible to every later statement.
_HORIZON = "select pg_snapshot_xmin(pg_current_snapshot())"
_PLACE = "select tx, position from readmodels.checkpoints where projection = $1"
_OF_ITS_KINDS = """
    from eventlog.events where (tx, position) > ($1, $2)
        and (type, schema_version) in (select * from unnest($3::text[], $4::smallint[]))
"""
_PAGE = (
    "select tx, position, id, stream, turn, data->>'turn_id' as named_turn, type, schema_version "
    f"{_OF_ITS_KINDS} "
    "and tx < $5 order by tx, position limit $6"
)
_LAG = f"""
    select extract(epoch from clock_timestamp() - recorded_at)::float
    {_OF_ITS_KINDS} order by tx, position limit 1
"""  # noqa: S608 (no input)
_TAKE = """
    select 1 from readmodels.checkpoints
    where projection = $1 and tx = $2 and position = $3 for update skip locked
"""
_MOVE = "update readmodels.checkpoints set tx = $2, position = $3 where projection = $1"

Step = Literal["more", "done", "busy"]
"""There is more to read · there is not · somebody else reads it just now."""
log = get_logger()


@dataclass(frozen=True, slots=True)
class _Page:
    """Some events, the place they were read from, and the place after them."""

    events: list[asyncpg.Record]
    before: tuple[int, int]
    after: tuple[int, int]

    @property
    def is_full(self) -> bool:
        return len(self.events) == PAGE

    @property
    def is_worth_writing(self) -> bool:
        return bool(self.events) or self.after[0] - self.before[0] > PASSED_OVER


class Projector:
    """Applies the log to the read models."""

    def __init__(
        self, pool: asyncpg.Pool, projections: Iterable[Projection] = PROJECTIONS.values()
    ) -> None:
        """Keep them in `pool`'s database."""
        self._pool = pool
        self._projections = tuple(projections)

    async def run(self) -> None:
        """Follow the log until cancelled; one read model that fails does not hold up the rest."""
        while True:
            for each in self._projections:
                await self._follow(each)
            await asyncio.sleep(LOOK_SECONDS)

    async def advance(self, projection: Projection) -> Step:
        """Apply the next page, if nobody else does."""
        with asking("the read models"):
            page = await self._read(projection)
            if not page.is_worth_writing:
                return "done"
            async with self._pool.acquire() as connection, connection.transaction():
                if not await connection.fetchval(_TAKE, projection.name, *page.before):
                    return "busy"
                await _apply(connection, projection, page.events)
                await connection.execute(_MOVE, projection.name, *page.after)
        return "more" if page.is_full else "done"

    async def catch_up(self, projection: Projection) -> None:
        """Return once a read model has all that came before every transaction still open."""
        step: Step = "more"
        while step != "done":
            step = await self.advance(projection)
            await asyncio.sleep(BUSY_SECONDS if step == "busy" else 0)

    async def rebuild(self, projection: Projection) -> None:
        """Empty a read model and make it anew from the whole log."""
        with asking("the read models"):
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(_MOVE, projection.name, 0, 0)
                await connection.execute(f"truncate {projection.table}")
        await self.catch_up(projection)

    async def lag(self, projection: Projection) -> float:
        """Return how many seconds ago the oldest event happened that a read model lacks."""
        with asking("the read models"):
            place = await self._place(projection)
            return await self._pool.fetchval(_LAG, *place, *_kinds(projection)) or 0.0

    async def rows(self, projection: Projection) -> int:
        """Return how many rows a read model has."""
        count = f"select count(*) from {projection.table}"  # noqa: S608 (no input)
        with asking("the read models"):
            return await self._pool.fetchval(count) or 0

    async def _follow(self, projection: Projection) -> None:
        lag = metrics.PROJECTION_LAG.labels(projection=projection.name)
        try:
            step: Step = "more"
            while step == "more":
                step = await self.advance(projection)
                lag.set(await self.lag(projection))
        except Exception as error:  # noqa: BLE001 (logged, shown as lag, tried again)
            # The type only: a statement's error may quote what it was given.
            kind = type(error.__cause__ or error).__name__
            log.warning("projection_failed", projection=projection.name, error=kind)

    async def _read(self, projection: Projection) -> _Page:
        horizon = await self._pool.fetchval(_HORIZON)
        before = await self._place(projection)
        events = await self._pool.fetch(_PAGE, *before, *_kinds(projection), horizon, PAGE)
        after = max(before, (horizon - 1, LAST_POSITION))
        if len(events) == PAGE:
            after = (events[-1]["tx"], events[-1]["position"])
        return _Page(events, before, after)

    async def _place(self, projection: Projection) -> tuple[int, int]:
        row = await self._pool.fetchrow(_PLACE, projection.name)
        return (row["tx"], row["position"]) if row else (0, 0)


async def _apply(connection: Any, projection: Projection, events: Iterable[asyncpg.Record]) -> None:
    """Apply a page: what belongs together in the order of the log, the rest at once.

    One round trip for each statement and event would take longer than all their work.
    """
    statements = {
        (event.NAME, event.VERSION): each for event, each in projection.statements.items()
    }
    for layer in _layers(events):
        kinds: defaultdict[tuple[str, int], list[tuple[Any]]] = defaultdict(list)
        for event in layer:
            kinds[event["type"], event["schema_version"]].append((event["id"],))
        for kind, ids in kinds.items():
            for statement in statements[kind]:
                await connection.executemany(statement, ids)


def _layers(events: Iterable[asyncpg.Record]) -> Sequence[Sequence[asyncpg.Record]]:
    """Return events in layers: no two in one are of the same conversation or the same turn."""
    layers: list[list[asyncpg.Record]] = []
    next_free: defaultdict[str, int] = defaultdict(int)
    for event in events:
        # A delivery stands in a stream of its own; the turn it names says where it belongs.
        names = (event["stream"], event["id"], event["turn"], event["named_turn"])
        places = {str(name) for name in names if name}
        layer = max(next_free[place] for place in places)
        for place in places:
            next_free[place] = layer + 1
        if layer == len(layers):
            layers.append([])
        layers[layer].append(event)
    return layers


def _kinds(projection: Projection) -> tuple[list[str], list[int]]:
    events = list(projection.statements)
    return [each.NAME for each in events], [each.VERSION for each in events]
