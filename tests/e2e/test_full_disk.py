"""A disk without room: the door refuses, what can be read is read, and room alone heals it."""

import asyncio
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import asyncpg
import httpx
import psutil
import pytest

from chassis.testing import poll
from tests.e2e.history import assert_sound
from tests.e2e.moments import PATIENCE_SECONDS, START_SECONDS, elapse
from tests.e2e.small_disk import SmallDisk, small_disk
from tests.e2e.test_voice import fetched, spoken
from tests.e2e.webhooks import LINE_WAITS_SECONDS, Said
from tests.e2e.world import World, new_tag, new_user, sentence, world

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

MEGABYTES = 400
PAUSE_SECONDS = 0.25
REFUSALS = 8
READ = ("/health", "/health/ready", "/health/database", "/metrics", "/ping")


@dataclass(frozen=True, slots=True)
class Cramped:
    """A system whose whole data folder, servers' data and logs, lies on a small disk."""

    world: World
    disk: SmallDisk


@pytest.fixture(scope="module")
async def cramped(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Cramped]:
    """Run a system of its own: its disk is going to be full."""
    folder = tmp_path_factory.mktemp("cramped")
    with small_disk(folder / "home", MEGABYTES) as disk:
        async with world(folder) as made:
            yield Cramped(made, disk)


@dataclass(slots=True)
class Speaking:
    """Somebody new says something again and again; LINE tries each once."""

    world: World
    said: list[Said]
    statuses: list[int | None]

    @classmethod
    def to(cls, made: World) -> "Speaking":
        """Begin with nothing said."""
        return cls(made, [], [])

    async def until(self, refusals: int) -> None:
        """Speak until the door has refused so often in a row, in LINE's time."""
        while self.statuses[-refusals:] != [503] * refusals:
            said = self.world.platform.message(new_user(), "開始")
            self.said.append(said)
            self.statuses.append(await self.world.platform.attempt(said))
            assert len(self.said) < 200, self.statuses
            await elapse(PAUSE_SECONDS)

    async def come_again(self) -> None:
        """Let LINE deliver what was refused, and see everything answered once."""
        pairs = zip(self.said, self.statuses, strict=True)
        again = [said for said, status in pairs if status != 200]
        await asyncio.gather(*(self.world.platform.deliver(each) for each in again))
        users = [each.user for each in self.said]
        await poll(lambda: all(map(self.world.line.ledger.answers, users)), PATIENCE_SECONDS)
        await self.world.at_rest()
        assert {len(self.world.line.ledger.answers(user)) for user in users} == {1}


async def is_read(cramped: Cramped, path: str) -> bool:
    """Tell whether a page is given."""
    async with httpx.AsyncClient(timeout=LINE_WAITS_SECONDS) as http:
        return (await http.get(f"{cramped.world.system.gateway}{path}")).status_code == 200


async def test_a_full_disk_refuses_writes_and_serves_reads_and_heals_by_room_alone(
    cramped: Cramped,
):
    made, disk = cramped.world, cramped.disk
    _, answer = await spoken(made, "英文")
    speaking = Speaking.to(made)
    services = {each.pid for each in _services(made)}
    disk.fill()
    await speaking.until(REFUSALS)
    assert None not in speaking.statuses  # no silence: LINE is told in time
    assert [path for path in READ if not await is_read(cramped, path)] == []
    assert (await fetched(made, answer)).status_code == 200
    disk.empty()
    await speaking.come_again()
    assert {each.pid for each in _services(made)} == services
    assert made.sound(), made.line.ledger.refused


async def test_a_bus_that_could_not_write_takes_messages_again(cramped: Cramped):
    made = cramped.world
    user, tag = await made.translating(new_user()), new_tag()
    assert tag in (await made.talk(user, sentence(tag))).text
    health = "nats was of no use any more"
    await poll(lambda: health in made.system.output, PATIENCE_SECONDS, what=health)
    await made.system.until_ready()
    answered = [await made.talk(user, sentence(new_tag())) for _ in range(3)]
    assert {each.kind for each in answered} == {"reply"}


async def test_without_room_for_its_log_postgres_goes_and_comes_back(cramped: Cramped):
    made, disk = cramped.world, cramped.disk
    speaking = Speaking.to(made)
    disk.fill()
    await _use_up_the_log(made, disk)
    await speaking.until(REFUSALS)
    assert await is_read(cramped, "/metrics")
    assert (await made.system.ready_parts() or {})["database"] is False
    disk.empty()
    await made.system.until_ready()
    await speaking.come_again()
    await assert_sound(made)


async def _use_up_the_log(made: World, disk: SmallDisk) -> None:
    """Let Postgres begin one segment of its log after the other, until there is none."""
    secret = (made.system.home / "secrets" / "mededbot_owner").read_text().strip()
    url = re.sub("//[^@]+@", f"//mededbot_owner:{secret}@", made.system.database_url)

    async def is_gone() -> bool:
        disk.fill()
        try:
            connection = await asyncpg.connect(url, timeout=5)
            await connection.execute("select pg_switch_wal(), pg_current_xact_id()", timeout=5)
            await connection.close()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return "postgres ended" in made.system.output
        return False

    await poll(is_gone, START_SECONDS, what="the end of Postgres")


def _services(made: World) -> list[psutil.Process]:
    names = ("gateway", "conversation", "translation", "speech", "education", "notifier")
    return [each for name in names for each in made.system.services(name)]
