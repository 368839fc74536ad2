"""The simulation is only worth its trust if it notices when a safeguard is gone."""

import pytest

from tests.simulation.runs import first_broken
from tests.simulation.tables import Without

ENOUGH = 300
"""Seeds: far less than a minute."""


@pytest.mark.parametrize(
    "without",
    [
        pytest.param(Without(optimistic_check=True), id="the optimistic check"),
        pytest.param(Without(inbox=True), id="the inbox's deduplication"),
        pytest.param(Without(intent=True), id="the record of what is about to be sent"),
    ],
)
def test_it_notices_that_this_is_missing(without: Without):
    assert first_broken(range(ENOUGH), without=without) is not None


def test_it_notices_that_the_sweeper_is_missing():
    assert first_broken(range(ENOUGH), sweeps=False) is not None
