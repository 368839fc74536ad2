"""Poison on the bus of a running system: one apology, one letter, and nobody else notices."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import nats as nats_py
import pytest
from nats.aio.client import Client
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from chassis.testing import poll
from cli.bus import nats_url
from contracts.subjects import (
    CONVERSATION_STREAM,
    CONVERSATION_TAKE_INPUT,
    GATEWAY_STREAM,
    MESSAGE_RECEIVED,
    TRANSLATION_REQUESTED,
    TRANSLATION_TRANSLATE,
)
from tests.e2e.moments import PATIENCE_SECONDS
from tests.e2e.operator import Operator
from tests.e2e.webhooks import Said
from tests.e2e.world import World, new_tag, new_user, sentence

pytestmark = pytest.mark.e2e

BROKEN = "系統出了問題"
LONGEST_WAIT = 90.0
"""Tries end after some 15 s, a turn's time after 110: a busy machine lies in between."""
ALERTS = "select count(*) from eventlog.events where type = 'notifier.alert_raised'"


@asynccontextmanager
async def bus_of(world: World) -> AsyncGenerator[Client]:
    """Connect to the bus of a system as whoever has its address can."""
    client = await nats_py.connect(nats_url({"MEDEDBOT_HOME": str(world.system.home)}))
    try:
        yield client
    finally:
        await client.close()


async def last_message(client: Client, stream: str, subject: str) -> dict[str, Any]:
    message = await client.jsm().get_last_msg(stream, subject)
    body: dict[str, Any] = json.loads(message.data or b"")
    return body


async def alerts(world: World) -> int:
    connection = await asyncpg.connect(world.system.database_url)
    try:
        return int(await connection.fetchval(ALERTS) or 0)
    finally:
        await connection.close()


async def test_garbage_on_the_bus_is_a_letter_and_a_user_beside_it_is_answered(
    calm: World, capsys: pytest.CaptureFixture[str]
):
    user, tag = await calm.translating(new_user()), new_tag()
    async with bus_of(calm) as client:
        await client.jetstream().publish(TRANSLATION_REQUESTED, b"\xff\x00 not JSON")
        assert tag in (await calm.talk(user, sentence(tag))).text
    number = await Operator(calm, capsys).number_of(TRANSLATION_TRANSLATE, "foreign")
    assert json.loads(await Operator(calm, capsys).dlq(f"show {number}"))["tries"] == 5
    assert await alerts(calm) >= 1
    assert await Operator(calm, capsys).dlq(f"drop {number}") == f"{number}: dropped\n"
    assert calm.sound()


async def poison_the_request(world: World, user: str, tag: str) -> Said:
    """Let a user ask while nobody translates, and spoil the message that asks for it."""
    async with bus_of(world) as client:
        manager = client.jsm()
        before = (await manager.stream_info(CONVERSATION_STREAM)).state.last_seq
        world.system.service("translation").kill()
        said = await world.say(user, sentence(tag))

        async def asked() -> RawStreamMsg | None:
            try:
                found = await manager.get_last_msg(CONVERSATION_STREAM, TRANSLATION_REQUESTED)
            except NotFoundError:
                return None
            return found if (found.seq or 0) > before else None

        message = await poll(asked, PATIENCE_SECONDS, what="the request")
        # The sweeper's second copy has the same id: for two minutes the bus takes it for this one.
        await manager.delete_msg(CONVERSATION_STREAM, message.seq or 0)
        poison = json.loads(message.data or b"") | {"schemaversion": 99}
        await client.jetstream().publish(TRANSLATION_REQUESTED, json.dumps(poison).encode())
    return said


async def test_a_poisoned_request_is_apologised_for_soon_and_never_answered_twice(
    stormy: World, capsys: pytest.CaptureFixture[str]
):
    user, tag = await stormy.translating(new_user()), new_tag()
    said = await poison_the_request(stormy, user, tag)
    other = new_tag()
    ledger, neighbour = stormy.line.ledger, await stormy.translating(new_user())
    assert other in (await stormy.talk(neighbour, sentence(other))).text
    await poll(lambda: ledger.to_message(said.token), LONGEST_WAIT)
    assert BROKEN in ledger.answers(user)[-1].text
    number = await Operator(stormy, capsys).number_of(
        TRANSLATION_TRANSLATE, "NotUnderstood", "settled"
    )
    assert "its turn has ended" in await Operator(stormy, capsys).dlq(f"retry {number}")
    assert tag in (await stormy.talk(user, "重試")).text
    await stormy.at_rest()
    assert len(ledger.answers(user)) == 3 + 2


async def test_a_message_sent_again_after_it_was_answered_is_not_answered_twice(
    calm: World, capsys: pytest.CaptureFixture[str]
):
    user = new_user()
    await calm.talk(user, "開始")
    async with bus_of(calm) as client:
        body = await last_message(client, GATEWAY_STREAM, MESSAGE_RECEIVED)
        poison = json.dumps(body | {"type": "gateway.message_from_the_future"}).encode()
        await client.jetstream().publish(MESSAGE_RECEIVED, poison)
    number = await Operator(calm, capsys).number_of(
        CONVERSATION_TAKE_INPUT, "NotUnderstood", "news"
    )
    assert "sent again" in await Operator(calm, capsys).dlq(f"retry {number}")
    again = await Operator(calm, capsys).number_of(CONVERSATION_TAKE_INPUT, "NotUnderstood", "news")
    assert again != number
    await Operator(calm, capsys).dlq(f"drop {again}")
    await calm.at_rest()
    assert len(calm.line.ledger.answers(user)) == 1
