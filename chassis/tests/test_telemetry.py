"""Traces go on from caller to callee, also where nobody sends spans."""

import re

import pytest

from chassis.telemetry import new_traceparent, span

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
FORM = re.compile("00-[0-9a-f]{32}-[0-9a-f]{16}-01")


def test_a_callers_trace_goes_on_within_its_span():
    with span("outer", CALLER):
        assert new_traceparent() == CALLER
        with span("inner"):
            assert new_traceparent() == CALLER
    assert new_traceparent() != CALLER


@pytest.mark.parametrize(
    "caller",
    [None, "", "nonsense", CALLER + "-more", CALLER.upper(), f"00-{'0' * 32}-{'1' * 16}-01"],
)
def test_without_a_caller_a_trace_begins(caller: str | None):
    with span("outer", caller):
        traces = {new_traceparent() for _ in range(3)}
    assert len(traces) == 3
    assert all(FORM.fullmatch(each) for each in traces)
