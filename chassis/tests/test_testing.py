"""The fixtures and the waiting that all other tests stand on."""

import asyncpg
import nats as nats_py
import pytest

from chassis.testing import Database, NotInTime, poll
from contracts.subjects import OBJECTS_STREAM, STREAMS


async def test_polling_returns_the_first_value_that_is_true():
    answers = iter([0, "", None, "here"])
    assert await poll(lambda: next(answers)) == "here"


async def test_polling_awaits_an_asynchronous_condition():
    async def condition() -> str:
        return "here"

    assert await poll(condition) == "here"


async def test_polling_gives_up_at_its_deadline():
    with pytest.raises(NotInTime, match=r"the moon did not come true within 0.02 s"):
        await poll(lambda: False, within=0.02, what="the moon")


@pytest.mark.parametrize("turn", ["first", "second"])
async def test_a_test_has_a_database_of_its_own(postgres: Database, turn: str):
    connection = await asyncpg.connect(postgres.owner_url)
    try:
        await connection.execute("create table mine (turn text)")
        assert await connection.fetchval("select count(*) from eventlog.events") == 0
    finally:
        await connection.close()
    assert turn


@pytest.mark.parametrize("turn", ["first", "second"])
async def test_a_test_has_the_streams_empty(nats: str, turn: str):
    client = await nats_py.connect(nats)
    infos = await client.jsm().streams_info()
    assert {info.config.name: info.state.messages for info in infos} == dict.fromkeys(
        (*STREAMS, OBJECTS_STREAM), 0
    )
    await client.jetstream().publish("evt.gateway.message_received.v1", turn.encode())
    await client.close()
