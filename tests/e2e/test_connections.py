"""A database that has no connection left: a quick no at the door, and healed by room alone."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest

from chassis.testing import poll
from tests.e2e.moments import PATIENCE_SECONDS
from tests.e2e.test_voice import fetched, spoken
from tests.e2e.world import World, new_tag, new_user, sentence

pytestmark = pytest.mark.e2e

CUT = (
    "select count(pg_terminate_backend(pid)) from pg_stat_activity "
    "where usename = 'mededbot_service'"
)


@asynccontextmanager
async def administered(stormy: World) -> AsyncGenerator[asyncpg.Connection]:
    """Yield a connection of the database's owner."""
    secret = (stormy.system.home / "secrets" / "mededbot_owner").read_text().strip()
    url = re.sub("//[^@]+@", f"//mededbot_owner:{secret}@", stormy.system.database_url)
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def crowded(stormy: World) -> AsyncGenerator[None]:
    """Leave the services no connection for the length of a block.

    They get error 53300, as when all are used; to use all 300 costs a busy machine minutes.
    """
    async with administered(stormy) as connection:
        try:
            await connection.execute("alter role mededbot_service connection limit 0")
            await poll(lambda: _none_left(connection), what="no connection of a service")
            yield
        finally:
            await connection.execute("alter role mededbot_service connection limit -1")


async def _none_left(connection: asyncpg.Connection) -> bool:
    return await connection.fetchval(CUT) == 0


async def test_without_a_connection_the_door_says_no_in_time_and_is_healed_by_room(stormy: World):
    _, answer = await spoken(stormy, "英文")
    user, tag = await stormy.translating(new_user()), new_tag()
    assert (await fetched(stormy, answer)).status_code == 200
    said = stormy.platform.message(user, sentence(tag))
    async with crowded(stormy):
        assert await stormy.platform.attempt(said) == 503  # within the 2 s that LINE waits
        await stormy.system.until_ready(ready=False)
        assert (await fetched(stormy, answer)).status_code == 200
        async with httpx.AsyncClient() as http:
            for path in ("/metrics", "/ping"):
                assert (await http.get(f"{stormy.system.gateway}{path}")).is_success
    assert (await stormy.platform.deliver(said))[-1] == 200
    await poll(lambda: stormy.line.ledger.about(tag), PATIENCE_SECONDS, what="an answer")
    await stormy.at_rest()
    assert [each.user for each in stormy.line.ledger.about(tag)] == [user]
    await stormy.system.until_ready()


async def test_cut_connections_are_replaced_and_cost_nobody_an_answer(stormy: World):
    user, tags = await stormy.translating(new_user()), [new_tag() for _ in range(3)]
    async with administered(stormy) as connection:
        for tag in tags:
            await connection.execute(CUT)
            said = stormy.platform.message(user, sentence(tag))
            assert (await stormy.platform.deliver(said))[-1] == 200
            await stormy.hears(user, 3 + 1 + tags.index(tag))
    await stormy.at_rest()
    assert len(stormy.line.ledger.answers(user)) == 3 + 3
