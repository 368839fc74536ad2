"""How the door slows down and comes back."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.bus.behind import Load
from services.gateway.pace import PATIENCE, Pace

IDLE = (Load(0, 40.0), Load(0, 40.0))
BUSY = (Load(40, 40.0), Load(400, 40.0))
"""One and ten seconds of work."""


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def let_in(pace: Pace, clock: Clock, *, offered: int, seconds: float) -> int:
    """Return how many of the inputs offered in some time were let in."""
    count = 0
    for _ in range(offered):
        clock.now += seconds / offered
        if pace.is_open:
            pace.take(1)
            count += 1
    return count


def slowed(pace: Pace) -> Pace:
    for _ in range(PATIENCE):
        pace.step(BUSY)
    return pace


def test_all_come_in_while_little_waits():
    clock = Clock()
    pace = Pace(clock)
    pace.step(IDLE)
    assert let_in(pace, clock, offered=5_000, seconds=1.0) == 5_000


def test_the_door_slows_when_too_much_waits_and_goes_on_waiting():
    pace = Pace(Clock())
    for _ in range(PATIENCE - 1):
        pace.step(BUSY)
    assert pace.rate == math.inf
    pace.step(BUSY)
    assert pace.rate < 40.0


def test_what_has_waited_for_a_restart_and_is_worked_off_slows_nobody():
    pace = Pace(Clock())
    for waiting in (600, 550, 500, 400, 300, 200, 100, 0):
        pace.step([Load(waiting, 40.0)])
    assert pace.rate == math.inf


def test_a_slowed_door_lets_in_no_more_than_its_rate():
    clock = Clock()
    pace = slowed(Pace(clock))
    count = let_in(pace, clock, offered=1_000, seconds=10.0)
    assert count == pytest.approx(pace.rate * 10.0, abs=pace.rate / 2)


def test_a_webhook_of_many_events_is_paid_for_afterwards():
    clock = Clock()
    pace = slowed(Pace(clock))
    clock.now += 1.0
    assert pace.is_open
    pace.take(300)
    clock.now += 200 / pace.rate
    assert not pace.is_open
    clock.now += 101 / pace.rate
    assert pace.is_open


def test_it_takes_less_the_more_waits():
    rates: list[float] = []
    for waiting in (160, 240, 320, 400):
        pace = slowed(Pace(Clock()))
        pace.step([Load(waiting, 40.0)])
        rates.append(pace.rate)
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > rates[-1]


def test_it_comes_back_to_full_speed_when_nothing_waits():
    pace = slowed(Pace(Clock()))
    for _ in range(40):
        pace.step(IDLE)
    assert pace.rate == math.inf


def test_services_that_say_nothing_are_waited_for_and_not_for_ever():
    pace = slowed(Pace(Clock()))
    for _ in range(40):
        pace.step([Load(), Load()])
    assert pace.rate == math.inf


@given(st.lists(st.tuples(st.integers(0, 10**6), st.floats(0, 10**4)), max_size=30))
def test_whatever_the_services_say_somebody_is_let_in(history: list[tuple[int, float]]):
    pace = Pace(Clock())
    for waiting, taken in history:
        pace.step([Load(waiting, taken)])
        assert pace.rate >= 2.0
