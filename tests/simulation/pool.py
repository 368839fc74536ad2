"""The way from a process to the database: it takes time, it breaks before or after the commit."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import asyncpg

from tests.simulation.loop import SimulatedLoop
from tests.simulation.statements import done
from tests.simulation.tables import Row, Tables

QUICK = 0.002
SLOW = 3.0
PATIENCE = 10.0
"""Seconds after which the pool gives up a statement that nobody answers."""


@dataclass
class Direct:
    """A pool that asks the tables at once: for tests of the tables themselves."""

    tables: Tables

    async def fetch(self, statement: str, *given: Any) -> list[Row]:
        return done(self.tables, statement, given)

    async def fetchrow(self, statement: str, *given: Any) -> Row | None:
        return next(iter(await self.fetch(statement, *given)), None)

    async def fetchval(self, statement: str, *given: Any) -> Any:
        row = await self.fetchrow(statement, *given)
        return row[0] if row else None

    async def execute(self, statement: str, *given: Any) -> str:
        await self.fetch(statement, *given)
        return ""


@dataclass
class Cable:
    """What may go wrong between all processes and the database; each a share of all statements."""

    chance: Random
    lost: float = 0.0
    unheard: float = 0.0
    slow: float = 0.0
    is_down: bool = False
    breaks: int = 0

    @property
    def is_whole(self) -> bool:
        return not (self.lost or self.unheard or self.slow or self.is_down)

    def delay(self) -> float:
        if self.slow and self.chance.random() < self.slow:
            return self.chance.random() * SLOW
        return self.chance.random() * QUICK


@dataclass
class Remote(Direct):
    """A pool whose statements travel."""

    loop: SimulatedLoop = field(kw_only=True)
    cable: Cable = field(kw_only=True)
    hurt: Callable[[], None] = field(kw_only=True)
    is_cut: Callable[[], bool] = field(kw_only=True)

    async def fetch(self, statement: str, *given: Any) -> list[Row]:
        answer: asyncio.Future[list[Row]] = self.loop.create_future()
        self.loop.later(self.cable.delay(), self._arrive, statement, given, answer)
        return await answer

    def _arrive(
        self, statement: str, given: tuple[Any, ...], answer: "asyncio.Future[list[Row]]"
    ) -> None:
        cable = self.cable
        if self.is_cut():
            self.loop.later(PATIENCE, self.loop.failed, answer, TimeoutError())
            return
        if cable.is_down or (cable.lost and cable.chance.random() < cable.lost):
            self.loop.failed(answer, ConnectionResetError("before the commit"))
            return
        try:
            rows = done(self.tables, statement, given)
        except asyncpg.PostgresError as error:
            self.loop.later(cable.delay(), self.loop.failed, answer, error)
            return
        self.hurt()
        if self.is_cut():  # just now: it is done, and nobody will hear of it
            self.loop.later(PATIENCE, self.loop.failed, answer, TimeoutError())
            return
        if cable.unheard and cable.chance.random() < cable.unheard:
            error = ConnectionResetError("after the commit")
            self.loop.later(cable.delay(), self.loop.failed, answer, error)
            return
        self.loop.later(cable.delay(), self.loop.answered, answer, rows)
