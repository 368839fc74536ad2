"""The running gateway on a real Postgres and a real NATS, and without them."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import asyncpg
import httpx
import nats as nats_py
import pytest
from nats.aio.client import Client

from chassis.testing import Database, poll
from contracts.subjects import HEARTBEAT_PREFIX, MESSAGE_RECEIVED
from services.gateway.door import MAX_BODY_BYTES
from services.gateway.peers import REQUIRED
from services.gateway.tests.cable import Cable
from services.gateway.tests.conftest import Start
from services.gateway.tests.line import SECRET, body, headers, text_event

SENTENCE = body(text_event("一天三次", number=1))


async def post(gateway: httpx.AsyncClient, content: bytes) -> int:
    return (await gateway.post("/webhook", content=content, headers=headers(content))).status_code


async def ready(gateway: httpx.AsyncClient) -> dict[str, Any]:
    answer = await gateway.get("/health/ready")
    facts = answer.json()
    assert facts["ready"] is (answer.status_code == 200)
    return facts


async def versions(postgres: Database) -> list[int]:
    connection = await asyncpg.connect(postgres.owner_url)
    try:
        rows = await connection.fetch("select version from eventlog.events order by 1")
    finally:
        await connection.close()
    return [row["version"] for row in rows]


class Others:
    """The other services, as far as the gateway can hear them."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def beat(self) -> None:
        """Let each be heard once as ready."""
        for name in REQUIRED:
            words = {"service": name, "instance": "test", "ready": True}
            await self._client.publish(HEARTBEAT_PREFIX + name, json.dumps(words).encode())
        await self._client.flush()


@pytest.fixture
async def others(nats: str) -> AsyncGenerator[Others]:
    client = await nats_py.connect(nats)
    yield Others(client)
    await client.close()


async def test_a_message_is_in_the_log_once_and_its_words_are_sealed(
    gateway: httpx.AsyncClient, postgres: Database
):
    assert [await post(gateway, SENTENCE) for _ in range(2)] == [200, 200]
    connection = await asyncpg.connect(postgres.owner_url)
    row = await connection.fetchrow("select * from eventlog.events")
    await connection.close()
    assert await versions(postgres) == [1]
    assert row is not None
    assert (row["type"], row["source"]) == ("gateway.message_received", "/gateway")
    assert "一天三次" not in str(dict(row))


async def test_two_gateways_at_once_record_a_message_once(
    start: Start, database: Cable, bus: Cable, postgres: Database
):
    both = [await start(database.url, bus.url) for _ in range(2)]
    for number in range(20):
        content = body(text_event(number=number))
        assert await asyncio.gather(*(post(each, content) for each in both)) == [200, 200]
    assert await versions(postgres) == list(range(1, 21))


async def test_without_a_database_line_comes_again_and_nothing_is_lost(
    gateway: httpx.AsyncClient, database: Cable, postgres: Database
):
    await database.cut()
    assert await post(gateway, SENTENCE) == 503
    await database.mend()
    assert await poll(lambda: _accepted(gateway, SENTENCE))
    assert await versions(postgres) == [1]


async def test_a_database_that_hangs_is_not_waited_for(
    gateway: httpx.AsyncClient, database: Cable, postgres: Database
):
    assert await post(gateway, body(text_event(number=0))) == 200
    database.hold()
    started = asyncio.get_running_loop().time()
    assert await post(gateway, SENTENCE) == 503
    assert asyncio.get_running_loop().time() - started < 2
    database.release()
    await poll(lambda: _are(postgres, [1, 2]))
    assert await post(gateway, SENTENCE) == 200
    assert await versions(postgres) == [1, 2]


async def test_without_nats_a_message_is_still_recorded(
    gateway: httpx.AsyncClient, bus: Cable, postgres: Database
):
    await bus.cut()
    assert await post(gateway, SENTENCE) == 200
    assert await versions(postgres) == [1]


async def test_a_recorded_message_is_on_the_bus(gateway: httpx.AsyncClient, nats: str):
    client = await nats_py.connect(nats)
    wakes = await client.subscribe(MESSAGE_RECEIVED)
    await client.flush()
    await post(gateway, SENTENCE)
    message = await wakes.next_msg(timeout=5)
    await client.close()
    assert json.loads(message.data)["version"] == 1
    assert "一天三次" not in message.data.decode()


async def test_it_is_ready_only_while_the_others_are_heard(
    gateway: httpx.AsyncClient, others: Others
):
    assert not (await ready(gateway))["ready"]
    await poll(lambda: _becomes(gateway, others, expected=True), within=10)
    await poll(lambda: _is_ready(gateway, expected=False))
    silent = dict.fromkeys((*REQUIRED, "speech"), False)
    assert await ready(gateway) == {"ready": False, "database": True, "bus": True, **silent}


@pytest.mark.parametrize("lost", ["database", "bus"])
async def test_it_is_ready_only_with_database_and_bus(
    gateway: httpx.AsyncClient, others: Others, database: Cable, bus: Cable, lost: str
):
    cable = {"database": database, "bus": bus}[lost]
    await poll(lambda: _becomes(gateway, others, expected=True), within=10)
    await cable.cut()
    await poll(lambda: _becomes(gateway, others, expected=False))
    await cable.mend()
    await poll(lambda: _becomes(gateway, others, expected=True), within=10)
    assert (await ready(gateway))[lost] is True


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_the_limit_is_answered_not_cut_off(
    gateway: httpx.AsyncClient, postgres: Database, chunked: bool
):
    async def chunks() -> AsyncGenerator[bytes]:
        for _ in range(48):
            yield b" " * 32_768

    content = chunks() if chunked else b" " * (MAX_BODY_BYTES + 1)
    answer = await gateway.post("/webhook", content=content, headers=headers(b""))
    assert (answer.status_code, await versions(postgres)) == (413, [])
    assert await post(gateway, SENTENCE) == 200


@pytest.mark.parametrize("route", ["/health", "/health/live", "/ping", "/metrics"])
async def test_every_health_route_is_there(gateway: httpx.AsyncClient, route: str):
    answer = await gateway.get(route)
    assert answer.status_code in {200, 503}


async def test_the_database_and_the_sessions_can_be_asked_for(
    gateway: httpx.AsyncClient, database: Cable
):
    await post(gateway, SENTENCE)
    sessions = (await gateway.get("/health/sessions")).json()
    assert sessions["reachable"] is True
    assert sessions["waiting"] == 1
    assert (await gateway.get("/health/database")).json()["reachable"] is True
    await database.cut()
    await poll(lambda: _gone(gateway, "/health/database"))
    assert (await gateway.get("/health/sessions")).status_code in {200, 503}


async def test_no_secret_and_no_word_is_in_the_metrics(gateway: httpx.AsyncClient):
    await post(gateway, SENTENCE)
    text = (await gateway.get("/metrics")).text
    assert 'bot_webhook_events_total{outcome="accepted"}' in text
    assert SECRET.decode() not in text
    assert "一天三次" not in text


async def _accepted(gateway: httpx.AsyncClient, content: bytes) -> bool:
    return await post(gateway, content) == 200


async def _are(postgres: Database, expected: list[int]) -> bool:
    return await versions(postgres) == expected


async def _is_ready(gateway: httpx.AsyncClient, *, expected: bool) -> bool:
    return (await ready(gateway))["ready"] is expected


async def _becomes(gateway: httpx.AsyncClient, others: Others, *, expected: bool) -> bool:
    await others.beat()
    return await _is_ready(gateway, expected=expected)


async def _gone(gateway: httpx.AsyncClient, route: str) -> bool:
    return (await gateway.get(route)).status_code == 503
