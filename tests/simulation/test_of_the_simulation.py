"""The simulation is only worth its trust if it notices when a safeguard is gone."""

import sys
import time

import pytest

from tests.simulation.runs import first_broken
from tests.simulation.tables import Without

ENOUGH = 400
"""Seeds: less than a minute, even beside others."""


@pytest.mark.parametrize(
    "without",
    [
        pytest.param(Without(sweeper=True), id="the sweeper"),
        pytest.param(Without(optimistic_check=True), id="the optimistic check"),
        pytest.param(Without(inbox=True), id="the inbox's deduplication"),
        pytest.param(Without(intent=True), id="the record of what is about to be sent"),
        pytest.param(Without(drain=True), id="the drain before a process goes"),
        pytest.param(Without(catching_up=True), id="the drain of a stream before it is let go"),
    ],
)
def test_it_notices_that_this_is_missing(without: Without, capsys: pytest.CaptureFixture[str]):
    begun = time.monotonic()
    found = first_broken(range(ENOUGH), without=without)
    assert found is not None
    with capsys.disabled():
        took = time.monotonic() - begun
        sys.stdout.write(
            f"\n{without.missing}: seed {found.seed} after {took:.1f} s: {found.broken[0]}\n"
        )
