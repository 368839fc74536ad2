"""Two replicas on one database, and a clock they share."""

from collections.abc import AsyncGenerator

import pytest

from chassis.testing import Database
from services.conversation.tests.replicas import Clock, Replica, replica


@pytest.fixture
def clock() -> Clock:
    """Give a test the time."""
    return Clock()


@pytest.fixture
async def one(postgres: Database, nats: str, clock: Clock) -> AsyncGenerator[Replica]:
    """Give a test a replica."""
    async with replica(postgres, nats, clock) as one:
        yield one


@pytest.fixture
async def other(postgres: Database, nats: str, clock: Clock) -> AsyncGenerator[Replica]:
    """Give a test a second replica, with a pool and a cache of its own."""
    async with replica(postgres, nats, clock) as other:
        yield other
