"""What a seed draws: everything that is promised, and the same each time."""

from collections import Counter
from random import Random

import pytest

from tests.chaos.schedule import KILLS, TARGETS, Strike, schedule
from tests.chaos.stage import BUS, DATABASE

SHORT, LONG = 90.0, 1_200.0


def drawn(seed: int, seconds: float, *, own_servers: bool = True) -> list[Strike]:
    return schedule(Random(seed), seconds, own_servers=own_servers)


def test_a_seed_draws_the_same_again_and_another_something_else():
    assert drawn(1, SHORT) == drawn(1, SHORT) != drawn(2, SHORT)


@pytest.mark.parametrize("seconds", [SHORT, LONG])
@pytest.mark.parametrize("seed", range(10))
def test_each_target_is_killed_three_times_and_frozen(seed: int, seconds: float):
    strikes = drawn(seed, seconds)
    kills = Counter(each.target for each in strikes if each.kind == "kill")
    frozen = {each.target for each in strikes if (each.kind, each.seconds) == ("freeze", 5.0)}
    assert min(kills.values()) >= KILLS
    assert kills.keys() == frozen == {*TARGETS}
    assert any(each.seconds == 30.0 for each in strikes)
    assert {"wipe", "roll", "model", "line", "outage"} <= {each.kind for each in strikes}


def test_in_a_long_run_everything_is_frozen_for_long():
    long = {each.target for each in drawn(1, LONG) if each.seconds == 30.0}
    assert long == {*TARGETS}


def test_both_servers_are_cut_off_in_every_way():
    strikes = drawn(1, SHORT, own_servers=False)
    ways = {"delay", "throttle", "hold", "refuse", "cut", "lose"}
    for server in (DATABASE, BUS):
        assert {each.kind for each in strikes if each.target.startswith(server)} == ways


def test_faults_begin_in_time_for_the_end_to_be_quiet():
    assert all(0 <= each.at < SHORT * 0.9 for each in drawn(1, SHORT))


def test_a_strike_says_what_it_is():
    assert str(Strike(12.0, "freeze", "nats", 5.0)) == "   12.0 s  freeze nats for 5 s"
