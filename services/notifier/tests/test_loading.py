"""The loading animation comes during the work, and never after its answer."""

import asyncio
from typing import Any

import pytest

from chassis.testing import poll
from contracts.gateway import Recipient
from services.notifier.courier import Courier
from services.notifier.loading import SHOWN_SECONDS, Loading
from services.notifier.tests.fakes import FakeLedger, FakeMessenger, FakeRecord
from services.notifier.tests.given import NOW, USER, reply_requested, work_started


class Scene:
    """A loading animation that begins at once, and its courier."""

    def __init__(self, *, first: float = 0.0, renew: float = 60.0) -> None:
        self.line, self.ledger = FakeMessenger(), FakeLedger()
        self.loading = Loading(
            self.line, self.ledger, now=lambda: NOW, first_seconds=first, renew_seconds=renew
        )
        self.courier = Courier(self.line, self.ledger, self.loading, now=lambda: NOW)

    async def deliver(self, turn: str = "t1") -> None:
        await self.courier.deliver(reply_requested(turn), FakeRecord())


def test_what_line_is_asked_for_is_a_multiple_of_five_up_to_sixty():
    assert SHOWN_SECONDS in range(5, 61, 5)


async def test_long_work_is_shown_and_renewed_until_it_is_answered():
    scene = Scene(renew=0.001)
    scene.loading.begin(work_started())
    await poll(lambda: scene.line.calls.count(("loading", USER, SHOWN_SECONDS)) > 2)
    await scene.deliver()
    assert scene.line.kinds()[-1] == "reply"
    await scene.loading.close()
    assert scene.line.kinds()[-1] == "reply"


async def test_an_answer_waits_for_an_animation_on_its_way_and_comes_last():
    scene = Scene()
    scene.line.loading_may_end = asyncio.Event()
    scene.loading.begin(work_started())
    await poll(scene.line.kinds)
    delivery = asyncio.create_task(scene.deliver())
    scene.line.loading_may_end.set()
    await delivery
    assert scene.line.kinds() == ["loading", "loading ended", "reply"]
    await scene.loading.close()


async def test_a_quick_answer_gets_no_animation():
    scene = Scene(first=30.0)
    scene.loading.begin(work_started())
    await scene.deliver()
    await scene.loading.close()
    assert scene.line.kinds() == ["reply"]


async def test_work_heard_of_after_its_answer_is_not_shown():
    scene = Scene()
    await scene.deliver()
    scene.loading.begin(work_started())
    await poll(lambda: scene.loading.is_idle)
    assert scene.line.kinds() == ["reply"]


async def test_an_answer_to_another_turn_does_not_end_the_animation():
    scene = Scene(renew=0.001)
    scene.loading.begin(work_started("t1"))
    await scene.deliver("t2")
    count = len(scene.line.calls)
    await poll(lambda: len(scene.line.calls) > count + 4)
    await scene.loading.close()


@pytest.mark.parametrize(
    "change",
    [
        {"recipient": Recipient(user=USER, group="C1")},
        {"recipient": Recipient()},
        {"answer_by": NOW},
    ],
)
async def test_groups_nobody_and_late_work_are_shown_nothing(change: dict[str, Any]):
    scene = Scene()
    scene.loading.begin(work_started(**change))
    assert scene.loading.is_idle


async def test_work_that_the_bus_brings_twice_is_shown_once():
    scene = Scene()
    scene.loading.begin(work_started())
    scene.loading.begin(work_started())
    await poll(lambda: len(scene.line.calls) == 2)
    await scene.loading.close()
    assert scene.line.kinds() == ["loading", "loading ended"]
