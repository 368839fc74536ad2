"""What an operator may ask over HTTP: small answers, no I/O for most, nothing personal."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

import asyncpg
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from chassis.eventlog.outage import DATABASE_DOWN
from chassis.health import Health
from services.gateway.peers import Peers

FRESH_SECONDS = 1.0
QUERY_SECONDS = 2.0
UNREACHABLE = {"reachable": False}
_COUNT_SESSIONS = """
    select (select count(*) from eventlog.streams where wake_at is not null) as active,
           (select count(*) from eventlog.streams where pending_since is not null) as waiting,
           (select extract(epoch from now() - min(pending_since))::float
            from eventlog.streams where pending_since is not null) as oldest_waiting_seconds,
           (select count(*) from eventlog.outbox) as requests_open
"""

Facts = dict[str, Any]


class Cached:
    """An answer that is worked out at most once a second, however many ask."""

    def __init__(self, work_out: Callable[[], Awaitable[Facts]]) -> None:
        """Remember what `work_out` returns."""
        self._work_out = work_out
        self._lock = asyncio.Lock()
        self._good_until = 0.0
        self._facts: Facts = {}

    async def __call__(self) -> Facts:
        """Return the answer, a second old at most."""
        async with self._lock:
            if monotonic() >= self._good_until:
                self._facts = await self._work_out()
                self._good_until = monotonic() + FRESH_SECONDS
        return self._facts


def status_routes(health: Health, peers: Peers, pool: asyncpg.Pool) -> list[BaseRoute]:
    """Return the gateway's own health routes."""
    return [
        _ready_route("/health/ready", health, peers),
        _ready_route("/health", health, peers),
        _query_route("/health/database", Cached(lambda: _database(pool))),
        _query_route("/health/sessions", Cached(lambda: _sessions(pool))),
    ]


def _ready_route(path: str, health: Health, peers: Peers) -> Route:
    async def ready(_: Request) -> Response:
        facts = {"ready": health.ready, **health.parts, **peers.parts()}
        return JSONResponse(facts, 200 if health.ready else 503)

    return Route(path, ready)


def _query_route(path: str, ask: Cached) -> Route:
    async def answer(_: Request) -> Response:
        facts = await ask()
        return JSONResponse(facts, 200 if facts["reachable"] else 503)

    return Route(path, answer)


async def _database(pool: asyncpg.Pool) -> Facts:
    started = monotonic()
    if await _row(pool, "select 1") is None:
        return UNREACHABLE
    return {
        "reachable": True,
        "answered_in_ms": round((monotonic() - started) * 1_000, 2),
        "connections": pool.get_size(),
        "connections_idle": pool.get_idle_size(),
        "connections_max": pool.get_max_size(),
    }


async def _sessions(pool: asyncpg.Pool) -> Facts:
    row = await _row(pool, _COUNT_SESSIONS)
    return UNREACHABLE if row is None else {"reachable": True, **dict(row)}


async def _row(pool: asyncpg.Pool, query: str) -> asyncpg.Record | None:
    try:
        async with asyncio.timeout(QUERY_SECONDS):
            return await pool.fetchrow(query)
    except DATABASE_DOWN:
        return None
