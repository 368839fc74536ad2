"""Limits on a real Postgres, asked by three replicas at once."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from chassis.database import open_pool
from chassis.errors import Unavailable
from chassis.limits import MessageLimits, PostgresBudget, forget_rested, per_minute, tokens
from chassis.resilience import TooLate
from chassis.testing import Database, poll

A_SECOND = 40
"""Enough for a short window to count, and few enough for a busy machine to ask for."""
FAST = 60 * A_SECOND
WINDOW = 2.0
TRYING = 4
Hammer = Callable[[asyncpg.Pool, list[None]], Coroutine[Any, Any, None]]
ALONE, TOGETHER = per_minute(30, beyond=5), tokens(100, per_second=10)


@pytest.fixture
async def pools(postgres: Database) -> AsyncGenerator[list[asyncpg.Pool]]:
    """Give a test the pools of three replicas."""
    async with AsyncExitStack() as stack:
        opened = [open_pool(postgres.service_url) for _ in range(3)]
        yield [await stack.enter_async_context(each) for each in opened]


async def passes(owner: asyncpg.Connection, seconds: float) -> None:
    """Let time pass for all limits at once."""
    later = "update limits.buckets set ready_at = ready_at - $1::interval"
    await owner.execute(later, timedelta(seconds=seconds))
    earlier = (
        "update limits.minutes set let_in = array(select t - $1::interval from unnest(let_in) t)"
    )
    await owner.execute(earlier, timedelta(seconds=seconds))


async def names(owner: asyncpg.Connection) -> list[str]:
    return [row[0] for row in await owner.fetch("select name from limits.buckets order by 1")]


async def let_in(limits: MessageLimits, user: str = "somebody") -> int:
    """Return how many messages of a user are let in before one is not."""
    count = 0
    while await limits.admit(user) is None:
        count += 1
    return count


async def hammered(pools: list[asyncpg.Pool], hammer: Hammer) -> tuple[int, float]:
    """Return how often something was let in that every replica tries all the time, in how long."""
    let_in: list[None] = []
    await asyncio.gather(*(connected(pool) for pool in pools))
    tries = [asyncio.create_task(hammer(pool, let_in)) for pool in pools for _ in range(TRYING)]
    began = asyncio.get_running_loop().time()
    await asyncio.wait(tries, timeout=WINDOW)
    count, seconds = len(let_in), asyncio.get_running_loop().time() - began
    for each in tries:
        each.cancel()
    await asyncio.gather(*tries, return_exceptions=True)
    return count, seconds


async def connected(pool: asyncpg.Pool) -> None:
    """Open a connection for everyone who tries."""
    async with AsyncExitStack() as stack:
        for _ in range(TRYING):
            await stack.enter_async_context(pool.acquire())


@pytest.mark.parametrize(
    ("user", "everybody", "at_once", "per_second"),
    [
        (per_minute(60, beyond=5), None, 65, 0),
        (None, tokens(100, per_second=A_SECOND), 100, A_SECOND),
        (per_minute(300, beyond=50), tokens(1_000, per_second=100), 350, 0),
        (per_minute(FAST), tokens(50, per_second=A_SECOND), 50, A_SECOND),
    ],
)
async def test_three_replicas_let_in_together_what_one_limit_says(
    pools: list[asyncpg.Pool], user: Any, everybody: Any, at_once: int, per_second: int
):
    async def hammer(pool: asyncpg.Pool, let_in: list[None]) -> None:
        limits = MessageLimits(pool, user=user, everybody=everybody)
        while True:
            if await limits.admit("somebody") is None:
                let_in.append(None)

    count, seconds = await hammered(pools, hammer)
    assert count == pytest.approx(at_once + per_second * seconds, rel=0.05)


@pytest.mark.parametrize("name", ["gemini", "tts:some-stream", "taigi"])
async def test_three_replicas_call_an_upstream_together_as_often_as_its_budget_says(
    pools: list[asyncpg.Pool], name: str
):
    async def hammer(pool: asyncpg.Pool, let_in: list[None]) -> None:
        budget = PostgresBudget(pool, name, FAST)
        while True:
            await budget.wait(None)
            let_in.append(None)

    count, seconds = await hammered(pools, hammer)
    assert count == pytest.approx(A_SECOND * seconds, rel=0.05)


async def test_within_any_minute_a_user_sends_at_most_30_and_5_beyond(
    pools: list[asyncpg.Pool], owner: asyncpg.Connection
):
    limits = MessageLimits(pools[0], user=ALONE, everybody=TOGETHER)
    admitted = [await let_in(limits)]
    for _ in range(59):
        await passes(owner, 1)
        admitted.append(await let_in(limits))
    assert admitted[0] == 35
    assert sum(admitted) == 35


async def test_from_the_first_minute_on_a_user_sends_30_a_minute(
    pools: list[asyncpg.Pool], owner: asyncpg.Connection
):
    limits = MessageLimits(pools[0], user=ALONE, everybody=None)
    admitted = []
    for _ in range(4):
        admitted.append(await let_in(limits))
        await passes(owner, 60)
    assert admitted == [35, 30, 30, 30]


async def test_a_user_within_the_limit_is_never_told_so(
    pools: list[asyncpg.Pool], owner: asyncpg.Connection
):
    limits = MessageLimits(pools[0], user=ALONE, everybody=TOGETHER)
    for _ in range(60):
        assert await limits.admit("somebody") is None
        await passes(owner, 2)


async def test_users_have_limits_of_their_own(pools: list[asyncpg.Pool]):
    limits = MessageLimits(pools[0], user=ALONE, everybody=None)
    assert await let_in(limits, "one") == 35
    assert await limits.admit("one") == "user"
    assert await let_in(limits, "another") == 35


async def test_all_together_have_a_hundred_at_once_and_ten_a_second(
    pools: list[asyncpg.Pool], owner: asyncpg.Connection
):
    limits = MessageLimits(pools[0], user=None, everybody=tokens(100, per_second=10))
    assert 100 <= await let_in(limits) <= 105
    assert await limits.admit("anybody") == "all"
    await passes(owner, 2)
    assert 20 <= await let_in(limits) <= 22


async def test_what_one_limit_refuses_takes_nothing_of_the_other(
    pools: list[asyncpg.Pool], owner: asyncpg.Connection
):
    few = tokens(2, per_second=1)
    limits = MessageLimits(pools[0], user=ALONE, everybody=few)
    assert await let_in(limits) == 2
    for _ in range(9):
        assert await limits.admit("somebody") == "all"
    no_more = MessageLimits(pools[0], user=ALONE, everybody=None)
    assert await let_in(no_more) == 33
    for _ in range(9):
        assert await limits.admit("somebody") == "user"
    await passes(owner, 1)
    assert await limits.admit("another") is None


async def test_without_limits_nobody_is_asked(pools: list[asyncpg.Pool]):
    await pools[0].close()
    limits = MessageLimits(
        pools[0], user=per_minute(0, beyond=5), everybody=tokens(100, per_second=0)
    )
    assert await limits.admit("somebody") is None
    await PostgresBudget(pools[0], "gemini", 0).wait(datetime.now(UTC))
    await PostgresBudget(pools[0], "gemini", 0).hold(timedelta(minutes=1))


async def test_turns_are_given_in_the_order_of_asking(
    pools: list[asyncpg.Pool], owner: asyncpg.Connection
):
    served: list[int] = []

    async def ask(number: int) -> None:
        await PostgresBudget(pools[number % 3], "gemini", 300).wait(None)
        served.append(number)

    async def places() -> float:
        taken = "select extract(epoch from max(ready_at)) from limits.buckets"
        return float(await owner.fetchval(taken) or 0)

    asking: list[asyncio.Task[None]] = []
    for number in range(6):
        before = await places()
        asking.append(asyncio.create_task(ask(number)))
        await poll(lambda before=before: _more_than(places, before))
    await asyncio.gather(*asking)
    assert served == list(range(6))


async def _more_than(places: Callable[[], Awaitable[float]], before: float) -> bool:
    return await places() > before


async def test_a_turn_past_the_deadline_is_refused_at_once_and_not_taken(
    pools: list[asyncpg.Pool],
):
    budget = PostgresBudget(pools[0], "gemini", 60)
    await budget.wait(None)
    for _ in range(9):
        with pytest.raises(TooLate):
            await budget.wait(datetime.now(UTC) + timedelta(seconds=0.2))
    began = asyncio.get_running_loop().time()
    await budget.wait(datetime.now(UTC) + timedelta(seconds=1.5))
    assert asyncio.get_running_loop().time() - began < 1.2


async def test_while_an_upstream_rests_no_replica_gets_a_turn(pools: list[asyncpg.Pool]):
    one, *others = (PostgresBudget(pool, "gemini", FAST) for pool in pools)
    await one.hold(timedelta(seconds=0.8))
    await one.hold(timedelta(seconds=0.1))
    began = asyncio.get_running_loop().time()
    for each in (one, *others):
        with pytest.raises(TooLate):
            await each.wait(datetime.now(UTC) + timedelta(seconds=0.3))
    await asyncio.gather(*(each.wait(None) for each in others))
    assert asyncio.get_running_loop().time() - began >= 0.75


async def test_a_deadline_that_has_passed_takes_no_turn(
    pools: list[asyncpg.Pool], owner: asyncpg.Connection
):
    with pytest.raises(TooLate):
        await PostgresBudget(pools[0], "gemini", 60).wait(datetime.now(UTC) - timedelta(seconds=1))
    assert await names(owner) == []


async def test_a_clock_that_was_set_back_stops_nobody(
    pools: list[asyncpg.Pool], owner: asyncpg.Connection
):
    limits = MessageLimits(pools[0], user=ALONE, everybody=TOGETHER)
    await let_in(limits)
    budget = PostgresBudget(pools[0], "gemini", 60)
    await budget.wait(None)
    await passes(owner, -7_200)
    assert await let_in(limits) == 35
    await budget.wait(datetime.now(UTC) + timedelta(seconds=1))


async def test_limits_at_rest_are_forgotten_and_the_others_kept(
    pools: list[asyncpg.Pool], owner: asyncpg.Connection
):
    limits = MessageLimits(pools[0], user=ALONE, everybody=None)
    await limits.admit("resting")
    await passes(owner, 5)
    await let_in(limits, "busy")
    await forget_rested(pools[0])
    assert await names(owner) == ["user:busy"]
    assert await limits.admit("busy") == "user"


async def test_without_a_database_nobody_knows(pools: list[asyncpg.Pool]):
    await pools[0].close()
    with pytest.raises(Unavailable):
        await MessageLimits(pools[0], user=ALONE, everybody=None).admit("somebody")
    with pytest.raises(Unavailable):
        await PostgresBudget(pools[0], "gemini", 30).wait(None)
    with pytest.raises(Unavailable):
        await forget_rested(pools[0])
