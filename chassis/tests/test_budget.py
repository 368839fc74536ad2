"""Waiting for a turn in front of an upstream, in virtual time."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from chassis.breaker import CircuitOpen
from chassis.errors import Unavailable
from chassis.resilience import TooLate, Transient
from chassis.tests.virtual import NOON, Upstream, a_guard, elapsed, failing, later, run


class Turns:
    """Lets each call wait so many seconds, or fails."""

    def __init__(self, *answers: float | Exception) -> None:
        self.answers = list(answers)
        self.deadlines: list[datetime | None] = []
        self.held: list[timedelta] = []
        self.is_down = False

    async def wait(self, deadline: datetime | None) -> None:
        self.deadlines.append(deadline)
        answer = self.answers.pop(0) if self.answers else 0.0
        if isinstance(answer, Exception):
            raise answer
        await later(answer)

    async def hold(self, pause: timedelta) -> None:
        if self.is_down:
            raise Unavailable("the limits")
        self.held.append(pause)


def test_a_call_waits_for_its_turn_and_has_all_its_time_then():
    async def scenario():
        upstream = Upstream(40.0)
        assert await a_guard(budget=Turns(20.0)).call(upstream) == "40.0"
        assert upstream.called_at == [20]

    run(scenario())


def test_every_attempt_waits_for_a_turn_of_its_own():
    async def scenario():
        turns = Turns()
        await a_guard(budget=turns).call(failing(times=2))
        assert len(turns.deadlines) == 3

    run(scenario())


def test_a_turn_must_leave_an_attempt_some_time_before_the_deadline():
    async def scenario():
        turns = Turns()
        await a_guard(budget=turns).call(Upstream(), deadline=NOON + timedelta(seconds=9))
        assert turns.deadlines == [NOON + timedelta(seconds=8)]

    run(scenario())


def test_a_turn_past_the_deadline_is_too_late_and_no_failure_of_the_upstream():
    async def scenario():
        guard, upstream = a_guard(budget=Turns(*[TooLate("test")] * 9)), Upstream()
        for _ in range(9):
            with pytest.raises(TooLate):
                await guard.call(upstream)
        assert upstream.called_at == []
        assert await guard.call(upstream) == "fine"

    run(scenario())


def test_a_budget_that_cannot_be_asked_is_no_failure_of_the_upstream():
    async def scenario():
        guard = a_guard(budget=Turns(*[Unavailable("the limits")] * 9))
        for _ in range(9):
            with pytest.raises(Unavailable, match="the limits"):
                await guard.call(Upstream())
        assert await guard.call(Upstream()) == "fine"

    run(scenario())


def test_an_attempt_that_failed_counts_though_the_next_gets_no_turn():
    async def scenario():
        guard = a_guard(budget=Turns(*[0.0, TooLate("test")] * 5))
        for _ in range(5):
            with pytest.raises(TooLate):
                await guard.call(failing())
        with pytest.raises(CircuitOpen):
            await guard.call(Upstream())

    run(scenario())


def test_whoever_waits_for_a_turn_does_not_call_once_the_breaker_is_open():
    async def scenario():
        upstream, guard = Upstream(), a_guard(budget=Turns(30.0))
        waiting = asyncio.create_task(guard.call(upstream))
        await later(0.1)
        for _ in range(5):
            with pytest.raises(Unavailable):
                await guard.call(failing())
        with pytest.raises(CircuitOpen):
            await waiting
        assert upstream.called_at == []

    run(scenario())


def test_a_cancelled_wait_leaves_nothing_behind():
    async def scenario():
        guard = a_guard(budget=Turns(60.0))
        waiting = asyncio.create_task(guard.call(Upstream()))
        await later(0.1)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert await guard.call(Upstream()) == "fine"
        assert elapsed() == pytest.approx(0.1)

    run(scenario())


def test_a_call_may_bring_a_budget_of_its_own():
    async def scenario():
        shared, own = Turns(50.0), Turns(1.0)
        await a_guard(budget=shared).call(Upstream(), budget=own)
        assert (elapsed(), shared.deadlines) == (1, [])

    run(scenario())


def test_a_pause_that_the_upstream_asks_for_comes_before_the_next_turn():
    async def scenario():
        upstream = Upstream(Transient("slow down", retry_after=timedelta(seconds=20)))
        await a_guard(budget=Turns(0.0, 5.0)).call(upstream)
        assert 25 <= upstream.called_at[1] <= 25.6

    run(scenario())


@pytest.mark.parametrize(("asked", "held"), [(20, 20), (45, 45), (3_600, 60)])
def test_all_replicas_keep_a_pause_that_one_was_asked_for(asked: int, held: int):
    async def scenario():
        turns = Turns()
        error = Transient("slow down", retry_after=timedelta(seconds=asked))
        with suppress(Unavailable):
            await a_guard(budget=turns).call(Upstream(error))
        assert turns.held == [timedelta(seconds=held)]

    run(scenario())


def test_a_pause_that_cannot_be_passed_on_is_kept_all_the_same():
    async def scenario():
        turns, upstream = Turns(), Upstream(Transient("wait", retry_after=timedelta(seconds=9)))
        turns.is_down = True
        assert await a_guard(budget=turns).call(upstream) == "fine"
        assert upstream.called_at[1] >= 9

    run(scenario())


def test_waits_and_refusals_of_the_budget_are_measured():
    async def scenario():
        guard = a_guard(upstream="budgeted", budget=Turns(3.0, TooLate("test")))
        await guard.call(Upstream())
        with pytest.raises(TooLate):
            await guard.call(Upstream())

    run(scenario())
    labels = {"upstream": "budgeted"}
    assert REGISTRY.get_sample_value("upstream_turn_wait_seconds_sum", labels) == 3
    labels |= {"outcome": "over_budget"}
    assert REGISTRY.get_sample_value("upstream_requests_total", labels) == 1
