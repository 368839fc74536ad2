"""The loading animation comes during the work, and never after its answer."""

import asyncio
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from chassis.testing import poll
from contracts.gateway import Recipient
from services.notifier.adapters import SHORT_TIMEOUT_SECONDS
from services.notifier.courier import Courier
from services.notifier.loading import RENEW_SECONDS, SHOWN_SECONDS, Loading
from services.notifier.tests.fakes import FakeLedger, FakeMessenger, FakeRecord, drafts
from services.notifier.tests.given import NOW, USER, reply_requested, work_started


class Scene:
    """A loading animation that begins at once, and its courier."""

    def __init__(self, *, first: float = 0.0, renew: float = 60.0) -> None:
        self.line, self.ledger = FakeMessenger(), FakeLedger()
        self.loading = Loading(
            self.line, self.ledger, now=lambda: NOW, first_seconds=first, renew_seconds=renew
        )
        self.courier = Courier(
            self.line, self.ledger, self.loading, drafts(self.line), now=lambda: NOW
        )

    async def deliver(self, turn: str = "t1", **changes: Any) -> None:
        await self.courier.deliver(reply_requested(turn, **changes), FakeRecord())

    def shows(self) -> int:
        return self.line.kinds().count("loading")


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


async def test_word_that_it_takes_longer_is_followed_by_the_animation_at_once():
    scene = Scene()
    scene.loading.begin(work_started())
    await poll(lambda: scene.shows() == 1)
    await scene.deliver(final=False)
    await poll(lambda: scene.shows() == 2)
    await scene.deliver()
    await scene.loading.close()
    assert [kind for kind in scene.line.kinds() if kind != "loading ended"] == [
        *("loading", "reply", "loading", "reply"),
    ]


async def test_a_replica_that_knows_of_no_work_shows_it_once_after_word_that_it_takes_longer():
    scene = Scene()
    await scene.deliver(final=False)
    await poll(lambda: scene.shows() == 1)
    await scene.loading.close()
    assert scene.line.kinds() == ["reply", "loading", "loading ended"]


async def test_an_answer_to_another_turn_is_followed_by_the_animation_at_once():
    scene = Scene()
    scene.loading.begin(work_started("t1"))
    await poll(lambda: scene.shows() == 1)
    await scene.deliver("t2")
    await poll(lambda: scene.shows() == 2)
    await scene.loading.close()


def test_work_of_110_seconds_is_shown_without_a_gap():
    assert RENEW_SECONDS + SHORT_TIMEOUT_SECONDS < SHOWN_SECONDS


async def test_the_animation_is_renewed_until_the_time_of_the_work_is_over():
    moments = (NOW + timedelta(seconds=RENEW_SECONDS * n) for n in count())
    line = FakeMessenger()
    loading = Loading(
        line, FakeLedger(), now=lambda: next(moments), first_seconds=0.0, renew_seconds=0.0
    )
    loading.begin(work_started())  # until 110 s from NOW
    await poll(lambda: loading.is_idle)
    assert line.kinds().count("loading") == 6  # at 17, 34 … 102 s


async def test_an_answer_to_another_turn_does_not_end_the_animation():
    scene = Scene(renew=0.001)
    scene.loading.begin(work_started("t1"))
    await scene.deliver("t2")
    before = len(scene.line.calls)
    await poll(lambda: len(scene.line.calls) > before + 4)
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
