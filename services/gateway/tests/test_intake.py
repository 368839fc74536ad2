"""Recording: everything before the answer, in order, once, and in time."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from prometheus_client import REGISTRY

from chassis.errors import Unavailable
from chassis.testing import poll
from services.gateway.intake import Intake, Limits
from services.gateway.tests.line import NOW, SELF, event, group_event, text_event
from services.gateway.tests.memory import MemoryInbox
from services.gateway.webhook import Heard, hear

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
AT_ONCE = Limits(time=timedelta(milliseconds=1))


def heard(*events: dict[str, Any]) -> list[Heard]:
    return [found for each in events if (found := hear(orjson.dumps(each), NOW))]


def from_user(user: int, number: int) -> dict[str, Any]:
    return text_event(str(number), number=number, source={"type": "user", "userId": f"U{user}"})


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("bot_webhook_events_total", {"outcome": outcome}) or 0.0


def growth(of: Iterable[str], since: dict[str, float]) -> dict[str, float]:
    return {outcome: counted(outcome) - since[outcome] for outcome in of}


async def test_all_is_on_record_when_it_returns():
    inbox = MemoryInbox()
    await Intake(inbox).take(heard(text_event("一"), text_event("二", number=2)), TRACE)
    assert inbox.texts() == ["一", "二"]
    assert {each.traceparent for each in inbox.recorded} == {TRACE}


async def test_each_conversation_keeps_its_order():
    inbox = MemoryInbox()
    said = [from_user(user, number * 100 + user) for number in range(5) for user in range(40)]
    await Intake(inbox).take(heard(*said), TRACE)
    for stream in {each.stream for each in inbox.recorded}:
        numbers = [int(each.data.text) for each in inbox.recorded if each.stream == stream]
        assert len(numbers) == 5
        assert numbers == sorted(numbers)


async def test_every_event_is_counted_by_what_became_of_it():
    intake = Intake(MemoryInbox())
    outcomes = ("accepted", "unknown", "duplicate", "redelivery")
    before = {outcome: counted(outcome) for outcome in outcomes}
    again = text_event(deliveryContext={"isRedelivery": True})
    await intake.take(heard(text_event(), event("hologram", number=2), text_event(), again), TRACE)
    assert growth(outcomes, before) == dict.fromkeys(outcomes, 1.0)


async def test_whose_a_conversation_in_a_group_is_stands_on_record_before_its_message():
    inbox = MemoryInbox()
    said = heard(text_event("一"), group_event("@MedBot 二", SELF) | {"webhookEventId": "g"})
    await Intake(inbox).take(said, TRACE)
    direct, in_group = (each.stream for each in said)
    assert inbox.people == {in_group: direct}
    assert inbox.said == ["record", "belongs", "record"]


async def test_without_a_log_nothing_is_promised():
    inbox = MemoryInbox()
    inbox.is_down = True
    with pytest.raises(Unavailable):
        await Intake(inbox).take(heard(text_event()), TRACE)


async def test_one_conversation_that_fails_does_not_stop_the_others():
    class Picky(MemoryInbox):
        async def record(self, stream: str, *rest: Any, **named: Any):
            if stream == first[0].stream:
                raise ValueError(stream)
            return await super().record(stream, *rest, **named)

    inbox, first = Picky(), heard(from_user(1, 1))
    with pytest.raises(Unavailable):
        await Intake(inbox).take([*first, *heard(from_user(2, 2), from_user(3, 3))], TRACE)
    assert inbox.texts() == ["2", "3"]


async def test_what_could_not_wait_is_still_recorded():
    inbox = MemoryInbox()
    inbox.open.clear()
    with pytest.raises(Unavailable):
        await Intake(inbox, AT_ONCE).take(heard(text_event("一")), TRACE)
    inbox.open.set()
    await poll(lambda: inbox.texts() == ["一"])
    assert inbox.texts() == ["一"]


async def test_a_log_that_hangs_is_not_asked_without_end():
    inbox = MemoryInbox()
    inbox.open.clear()
    intake = Intake(inbox, Limits(time=timedelta(milliseconds=1), webhooks=3))
    for number in range(5):
        with pytest.raises(Unavailable):
            await intake.take(heard(text_event(str(number), number=number)), TRACE)
    inbox.open.set()
    await poll(lambda: len(inbox.recorded) == 3)
    await asyncio.sleep(0)
    assert inbox.texts() == ["0", "1", "2"]


async def test_there_is_room_again_once_the_log_answers():
    inbox = MemoryInbox()
    inbox.open.clear()
    intake = Intake(inbox, Limits(time=timedelta(milliseconds=1), webhooks=1))
    with pytest.raises(Unavailable):
        await intake.take(heard(text_event("一")), TRACE)
    inbox.open.set()
    await poll(lambda: inbox.recorded)
    await intake.take(heard(text_event("二", number=2)), TRACE)
    assert inbox.texts() == ["一", "二"]
