"""The guard in virtual time: pauses, time-outs and rests pass without waiting."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from chassis.breaker import Breaker, CircuitOpen
from chassis.errors import Unavailable
from chassis.resilience import Backoff, Guard, TooLate, Transient
from chassis.tests.virtual import (
    HANG,
    NAMES,
    NOON,
    Upstream,
    a_guard,
    elapsed,
    failing,
    later,
    run,
)


class Useless(Exception):
    outcome = "useless"


async def outcomes_of(guard: Guard, *upstreams: Callable[[], Awaitable[str]]) -> Sequence[str]:
    results: list[str] = []
    for upstream in upstreams:
        try:
            results.append(await guard.call(upstream))
        except Exception as error:  # noqa: BLE001 (the name of whatever came is the outcome)
            results.append(type(error).__name__)
    return results


def test_a_good_answer_passes_at_once():
    assert run(a_guard().call(Upstream("hello"))) == "hello"


def test_two_failures_are_retried_with_growing_pauses():
    async def scenario():
        upstream = failing(times=2)
        assert await a_guard().call(upstream) == "fine"
        first, second, third = upstream.called_at
        assert 0.5 <= second - first <= 1.0
        assert 1.0 <= third - second <= 1.5

    run(scenario())


def test_the_third_failure_is_the_last():
    async def scenario():
        upstream = failing(times=9)
        with pytest.raises(Unavailable):
            await a_guard().call(upstream)
        assert len(upstream.called_at) == 3

    run(scenario())


def test_a_hanging_attempt_ends_at_its_time_out():
    async def scenario():
        upstream = Upstream(HANG)
        assert await a_guard().call(upstream) == "fine"
        assert 45 <= upstream.called_at[1] <= 46.1

    run(scenario())


def test_an_error_that_is_nobody_s_to_retry_passes_as_it_is():
    async def scenario():
        upstream = Upstream(KeyError("ours"))
        with pytest.raises(KeyError):
            await a_guard().call(upstream)
        assert len(upstream.called_at) == 1

    run(scenario())


def test_a_useless_answer_is_asked_for_again_and_then_raised():
    async def scenario():
        upstream = Upstream(*(Useless() for _ in range(9)))
        with pytest.raises(Useless):
            await a_guard(ask_again_on=(Useless,)).call(upstream)
        assert len(upstream.called_at) == 3

    run(scenario())


def test_a_pause_that_the_upstream_asks_for_is_kept():
    async def scenario():
        upstream = Upstream(Transient("slow down", retry_after=timedelta(seconds=20)))
        await a_guard().call(upstream)
        assert 20 <= upstream.called_at[1] <= 20.6

    run(scenario())


@pytest.mark.parametrize(
    "error",
    [
        Transient("come back tomorrow", hopeless=True),
        Transient("come back in an hour", retry_after=timedelta(hours=1)),
    ],
)
def test_what_will_not_pass_soon_is_not_tried_again(error: Transient):
    async def scenario():
        upstream = Upstream(error)
        with pytest.raises(Unavailable):
            await a_guard().call(upstream)
        assert len(upstream.called_at) == 1

    run(scenario())


@pytest.mark.parametrize(("asked", "outcome", "calls"), [(30, "fine", 2), (31, "Unavailable", 1)])
def test_a_pause_of_half_a_minute_is_the_longest_that_is_kept(asked: int, outcome: str, calls: int):
    async def scenario():
        upstream = Upstream(Transient("slow down", retry_after=timedelta(seconds=asked)))
        assert await outcomes_of(a_guard(), upstream) == [outcome]
        assert len(upstream.called_at) == calls

    run(scenario())


def test_no_attempt_starts_without_time_to_end():
    async def scenario():
        upstream = Upstream()
        with pytest.raises(TooLate):
            await a_guard().call(upstream, deadline=NOON + timedelta(seconds=0.5))
        assert upstream.called_at == []

    run(scenario())


def test_a_deadline_long_past_is_a_wrong_clock_and_costs_no_answer():
    async def scenario():
        assert (
            await a_guard().call(Upstream("hello"), deadline=NOON - timedelta(hours=1)) == "hello"
        )
        with pytest.raises(TooLate):
            await a_guard().call(Upstream("hello"), deadline=NOON - timedelta(minutes=1))

    run(scenario())


def test_the_last_attempt_is_cut_at_the_deadline():
    async def scenario():
        with pytest.raises(Unavailable):
            await a_guard().call(Upstream(HANG, HANG, HANG), deadline=NOON + timedelta(seconds=60))
        assert elapsed() == pytest.approx(60)

    run(scenario())


def test_a_pause_past_the_deadline_is_not_begun():
    async def scenario():
        upstream = Upstream(Transient("wait", retry_after=timedelta(seconds=10)))
        with pytest.raises(Unavailable):
            await a_guard().call(upstream, deadline=NOON + timedelta(seconds=10))
        assert elapsed() == 0

    run(scenario())


@given(
    durations=st.lists(st.sampled_from([0.1, 3.0, 44.0, HANG]), max_size=4),
    allowed=st.floats(min_value=0, max_value=120),
)
def test_a_call_never_outlives_its_deadline(durations: list[float], allowed: float):
    async def scenario():
        answers = [value if value < 0 else Transient("down") for value in durations]
        deadline = NOON + timedelta(seconds=allowed)
        with suppress(Unavailable):
            await a_guard().call(Upstream(*answers, 0.5), deadline=deadline)
        assert elapsed() <= allowed + 0.001

    run(scenario())


def test_a_call_counts_once_and_the_fifth_failed_one_opens_the_breaker():
    async def scenario():
        guard = a_guard()
        assert await outcomes_of(guard, *(failing() for _ in range(6))) == [
            *["Unavailable"] * 5,
            "CircuitOpen",
        ]

    run(scenario())


def test_an_answer_in_between_starts_the_count_anew():
    async def scenario():
        four = [failing() for _ in range(4)]
        eight = [failing() for _ in range(4)]
        outcomes = await outcomes_of(a_guard(), *four, Upstream(), *eight, Upstream())
        assert outcomes[-1] == "fine"

    run(scenario())


@pytest.mark.parametrize("error", [KeyError("ours"), Useless()])
def test_answers_of_no_use_leave_the_breaker_closed(error: Exception):
    async def scenario():
        guard = a_guard(ask_again_on=(Useless,))
        many = [Upstream(*[error] * 3) for _ in range(9)]
        assert "CircuitOpen" not in await outcomes_of(guard, *many)

    run(scenario())


async def opened() -> Guard:
    guard = a_guard()
    await outcomes_of(guard, *(failing() for _ in range(5)))
    return guard


def test_an_open_breaker_lets_one_probe_in_after_its_rest():
    async def scenario():
        guard = await opened()
        await later(59)
        assert await outcomes_of(guard, Upstream()) == ["CircuitOpen"]
        await later(1.1)
        probe = asyncio.create_task(guard.call(Upstream(5.0)))
        await later(0.1)
        assert await outcomes_of(guard, Upstream()) == ["CircuitOpen"]
        assert await probe == "5.0"
        assert await outcomes_of(guard, Upstream()) == ["fine"]

    run(scenario())


def test_a_failed_probe_opens_the_breaker_again():
    async def scenario():
        guard = await opened()
        await later(60.1)
        assert await outcomes_of(guard, failing(), Upstream()) == ["Unavailable", "CircuitOpen"]

    run(scenario())


def test_a_cancelled_probe_leaves_room_for_the_next():
    async def scenario():
        guard = await opened()
        await later(60.1)
        probe = asyncio.create_task(guard.call(Upstream(HANG)))
        await later(0.1)
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)
        assert await outcomes_of(guard, Upstream()) == ["fine"]

    run(scenario())


def test_cancelled_calls_are_no_failures():
    async def scenario():
        guard = a_guard()
        calls = [asyncio.create_task(guard.call(Upstream(HANG))) for _ in range(9)]
        await later(0.1)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        assert await outcomes_of(guard, Upstream()) == ["fine"]

    run(scenario())


def test_a_call_from_before_the_opening_does_not_close_the_breaker():
    async def scenario():
        guard = a_guard(attempts=1)
        slow = asyncio.create_task(guard.call(Upstream(30.0)))
        await later(1)
        await outcomes_of(guard, *(failing() for _ in range(5)))
        assert await slow == "30.0"
        assert await outcomes_of(guard, Upstream()) == ["CircuitOpen"]

    run(scenario())


def test_a_waiting_retry_gives_up_once_the_breaker_is_open():
    async def scenario():
        guard, hanging = a_guard(), Upstream(HANG)
        waiting = asyncio.create_task(guard.call(hanging))
        await later(0.1)
        await outcomes_of(guard, *(failing() for _ in range(5)))
        with pytest.raises(Unavailable):
            await waiting
        assert len(hanging.called_at) == 1

    run(scenario())


def test_one_failed_call_of_several_at_once_opens_only_at_five():
    breaker = Breaker(f"test_{next(NAMES)}")
    eras = [breaker.enter() for _ in range(9)]
    for era in eras[:4]:
        breaker.failed(era, Transient("down"))
    assert not breaker.is_open
    breaker.failed(eras[4], Transient("down"))
    with pytest.raises(CircuitOpen):
        breaker.enter()


def test_attempts_and_the_state_of_the_breaker_are_measured():
    async def scenario():
        guard = a_guard(upstream="measured", backoff=Backoff(first=timedelta(seconds=1)))
        upstreams = [failing(times=1), Upstream(ConnectionResetError()), Upstream(HANG)]
        await outcomes_of(guard, *upstreams, *(failing() for _ in range(6)))

    run(scenario())
    counted = {
        outcome: REGISTRY.get_sample_value(
            "upstream_requests_total", {"upstream": "measured", "outcome": outcome}
        )
        for outcome in ("ok", "error", "connection", "timeout", "circuit_open")
    }
    assert counted == {"ok": 3, "error": 16, "connection": 1, "timeout": 1, "circuit_open": 1}
    assert REGISTRY.get_sample_value("upstream_circuit_state", {"upstream": "measured"}) == 2
    assert (
        REGISTRY.get_sample_value(
            "upstream_request_duration_seconds_count", {"upstream": "measured"}
        )
        == 21
    )


def test_what_a_patient_said_in_an_error_is_not_logged(capsys: pytest.CaptureFixture[str]):
    error = Transient("王小明 has HIV")
    with pytest.raises(Unavailable):
        run(a_guard().call(Upstream(error, error, error)))
    shown = capsys.readouterr()
    assert "upstream_attempt_failed" in shown.out + shown.err
    assert "王小明" not in shown.out + shown.err
