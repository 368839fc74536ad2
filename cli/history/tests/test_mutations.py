"""The checker is checked: whatever is wrong with a good history turns it red, where it should."""

from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from cli.history.check import judge
from cli.history.records import History
from cli.history.report import report
from cli.history.tests.mutations import MUTATIONS
from cli.history.tests.runs import runs

some = settings(
    max_examples=12, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@some
@pytest.mark.parametrize("name", MUTATIONS)
@given(run=runs(), chance=st.randoms(use_true_random=False))
def test_a_spoilt_run_is_found_broken(name: str, run: History, chance: Random):
    mutation = MUTATIONS[name]
    spoilt = mutation.spoil(run, chance)
    assume(spoilt)
    assert spoilt is not None
    judged = judge(spoilt)
    assert mutation.breaks <= set(judged.broken), "\n".join(report(judged, opened=True))
