"""Whatever users, workers and clocks do: a run in which all went well is found sound."""

from hypothesis import HealthCheck, given, settings

from cli.history.check import judge
from cli.history.records import History
from cli.history.report import report
from cli.history.tests.runs import runs

often = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])


@often
@given(runs())
def test_a_run_in_which_all_went_well_is_sound(run: History):
    judged = judge(run)
    assert judged.broken == [], "\n".join(report(judged, opened=True))
