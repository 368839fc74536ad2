"""Limits at the door: what is over one is on record all the same, and says so."""

from typing import Any

import asyncpg
import orjson
import pytest
from prometheus_client import REGISTRY

from chassis.database import open_pool
from chassis.errors import Unavailable
from chassis.settings import load
from chassis.testing import Database
from services.gateway.admission import message_limits
from services.gateway.intake import Intake
from services.gateway.settings import GatewaySettings
from services.gateway.tests.cable import Cable
from services.gateway.tests.conftest import Start
from services.gateway.tests.line import (
    GROUP,
    NOW,
    SELF,
    USER,
    body,
    event,
    group_event,
    headers,
    text_event,
)
from services.gateway.tests.memory import MemoryAdmission, MemoryInbox
from services.gateway.webhook import Heard, hear

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
POSTBACK = event("postback", number=2, postback={"data": "result:1"})
SLOW_FOR_ALL = {
    "USER_MESSAGES_PER_MINUTE": "0",
    "GLOBAL_MESSAGES_PER_SECOND": "1",
    "GLOBAL_MESSAGES_BURST": "4",
}
OVER = """
    select data ->> 'over_limit' as over_limit, count(*) as messages
    from eventlog.events group by 1
"""


def heard(*events: dict[str, Any]) -> list[Heard]:
    return [found for each in events if (found := hear(orjson.dumps(each), NOW))]


async def taken(admission: MemoryAdmission, *events: dict[str, Any]) -> list[Any]:
    """Return the limits that the recorded events are over."""
    inbox = MemoryInbox()
    await Intake(inbox, admission=admission).take(heard(*events), TRACE)
    return [getattr(each.data, "over_limit", None) for each in inbox.recorded]


def counted(limit: str) -> float:
    name = "bot_messages_over_limit_total"
    return REGISTRY.get_sample_value(name, {"limit": limit}) or 0.0


async def test_a_message_over_a_limit_is_on_record_with_the_limit():
    admission = MemoryAdmission(None, "user", "all")
    events = (text_event(number=1), POSTBACK, text_event(number=3))
    assert await taken(admission, *events) == [None, "user", "all"]


@pytest.mark.parametrize(
    "free",
    [
        event("follow"),
        event("unfollow"),
        event("unsend", unsend={"messageId": "1"}),
        event("hologram"),
        text_event(deliveryContext={"isRedelivery": True}),
        text_event(mode="standby"),
    ],
)
async def test_what_a_user_did_not_write_now_is_not_asked_about(free: dict[str, Any]):
    admission = MemoryAdmission("user")
    assert await taken(admission, free) == [None]
    assert admission.asked == []


async def test_a_user_has_one_limit_alone_and_in_groups():
    admission = MemoryAdmission()
    one = group_event("@MedBot", SELF) | {"webhookEventId": "in one group"}
    other = one | {
        "webhookEventId": "in another",
        "source": {"type": "group", "groupId": f"{GROUP}x", "userId": USER},
    }
    await taken(admission, text_event(), one, other)
    assert len(admission.asked) == 3
    assert len(set(admission.asked)) == 1


async def test_a_message_that_came_twice_is_counted_once():
    before = counted("user")
    await taken(MemoryAdmission("user", "user"), text_event(), text_event())
    assert counted("user") == before + 1


async def test_without_the_limits_nothing_is_promised():
    admission, inbox = MemoryAdmission(), MemoryInbox()
    admission.is_down = True
    with pytest.raises(Unavailable):
        await Intake(inbox, admission=admission).take(heard(text_event()), TRACE)
    assert inbox.recorded == []


@pytest.mark.parametrize(
    ("said", "let_in"),
    [
        ({}, 35),
        ({"USER_MESSAGES_PER_MINUTE": "4", "USER_MESSAGES_BURST": "2"}, 6),
        (SLOW_FOR_ALL, 4),
    ],
)
async def test_an_operator_sets_the_limits(postgres: Database, said: dict[str, str], let_in: int):
    required = {
        "DATABASE_URL": "postgresql://db.test/x",
        "NATS_URL": "nats://n.test",
        "LINE_CHANNEL_SECRET": "s",
    }
    async with open_pool(postgres.service_url) as pool:
        limits = message_limits(pool, load(GatewaySettings, required | said))
        verdicts = [await limits.admit("somebody") for _ in range(40)]
    assert verdicts.count(None) == let_in


async def test_three_gateways_let_in_together_what_one_limit_says(
    start: Start, database: Cable, bus: Cable, postgres: Database
):
    gateways = [await start(database.url, bus.url) for _ in range(3)]
    for number in range(60):
        content = body(text_event(number=number))
        answer = await gateways[number % 3].post(
            "/webhook", content=content, headers=headers(content)
        )
        assert answer.status_code == 200
    connection = await asyncpg.connect(postgres.owner_url)
    found = {row["over_limit"]: row["messages"] for row in await connection.fetch(OVER)}
    await connection.close()
    assert found[None] + found["user"] == 60
    assert found[None] == 35
