"""Telling a database that is away from a statement that is wrong."""

from collections.abc import Generator
from contextlib import contextmanager

import asyncpg

from chassis.errors import Unavailable

DATABASE_DOWN: tuple[type[BaseException], ...] = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InternalClientError,
    asyncpg.QueryCanceledError,
    asyncpg.ReadOnlySQLTransactionError,  # a primary that became a standby
)
"""What asyncpg raises when the database, not the statement, is at fault."""


@contextmanager
def asking(what: str) -> Generator[None]:
    """Raise Unavailable(`what`) in place of the database's own ways of being away."""
    try:
        yield
    except DATABASE_DOWN as error:
        raise Unavailable(what) from error
