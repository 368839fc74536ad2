"""Three replicas of every service keep together the limits that each of them was told."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import asyncpg
import pytest

from tests.e2e.world import World, new_tag, new_user, sentence, world

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

CALLS_A_SECOND = 2.0
USER_A_MINUTE = 65
ALL_A_SECOND, ALL_AT_ONCE = 20.0, 100
WITHIN = 0.05
MINUTE = 60.0
SETTINGS = {
    "GEMINI_REQUESTS_PER_MINUTE": "120",
    "USER_MESSAGES_PER_MINUTE": "60",
    "USER_MESSAGES_BURST": "5",
    "GLOBAL_MESSAGES_PER_SECOND": "20",
    "GLOBAL_MESSAGES_BURST": "100",
}
_JUDGED = """
    select count(*) filter (where data ->> 'over_limit' is null) as let_in,
           count(*) filter (where data ->> 'over_limit' = $2) as over,
           extract(epoch from max(recorded_at) - min(recorded_at))::float as seconds
    from eventlog.events
    where type = 'gateway.message_received' and position > $1
      and not (data ->> 'redelivered')::boolean
"""


@dataclass(frozen=True, slots=True)
class Judged:
    """How many messages were let in and how many not, and in how long."""

    let_in: int
    over: int
    seconds: float


@pytest.fixture(scope="module")
async def threefold(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    """Run three of every service with limits that a test can reach."""
    folder = tmp_path_factory.mktemp("threefold")
    async with world(folder, SETTINGS, replicas=3) as made:
        yield made


@pytest.fixture
async def database(threefold: World) -> AsyncGenerator[asyncpg.Connection]:
    connection = await asyncpg.connect(threefold.system.database_url)
    yield connection
    await connection.close()


async def sent(world: World, database: asyncpg.Connection, users: list[str], limit: str) -> Judged:
    """Let users write as fast as the gateways take it, ten at a time; return the verdicts."""
    last = await database.fetchval("select coalesce(max(position), 0) from eventlog.events")
    rest = iter(users)

    async def write() -> None:
        for user in rest:
            await world.say(user, "說明")

    await asyncio.gather(*(write() for _ in range(10)))
    row = await database.fetchrow(_JUDGED, last, limit)
    assert row is not None
    return Judged(row["let_in"], row["over"], row["seconds"])


async def test_education_and_translation_share_the_budget_of_the_model(threefold: World):
    interpreting = [await threefold.translating(new_user()) for _ in range(15)]
    learning = [new_user() for _ in range(15)]
    for user in learning:
        await threefold.talk(user, "開始", "衛教")
    texts = [(user, sentence(new_tag())) for user in interpreting]
    texts += [(user, f"糖尿病 {new_tag()}") for user in learning]
    said = await asyncio.gather(*(threefold.say(user, text) for user, text in texts))
    await threefold.answered(*said)
    called_at = threefold.gemini.called_at
    assert len(called_at) == 30
    rate = (len(called_at) - 1) / (called_at[-1] - called_at[0])
    assert rate == pytest.approx(CALLS_A_SECOND, rel=WITHIN)


async def test_a_user_is_let_in_as_often_as_the_limit_says(
    threefold: World, database: asyncpg.Connection
):
    judged = await sent(threefold, database, [new_user()] * 150, "user")
    assert judged.seconds < MINUTE
    assert judged.over > 0
    assert judged.let_in == pytest.approx(USER_A_MINUTE, rel=WITHIN)


async def test_all_users_together_are_let_in_as_often_as_the_limit_says(
    threefold: World, database: asyncpg.Connection
):
    await database.execute("delete from limits.buckets")  # what others have used up
    judged = await sent(threefold, database, [new_user() for _ in range(400)], "all")
    expected = ALL_AT_ONCE + ALL_A_SECOND * judged.seconds
    assert judged.over > 0
    assert judged.let_in == pytest.approx(expected, rel=WITHIN)
