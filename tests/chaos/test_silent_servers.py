"""Networks that delay, cut, or lose without a word: late for seconds at most, never twice."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import pytest

from chassis.bus.timing import USUAL
from chassis.database import migrate
from chassis.testing import poll
from cli.embedded.nats import nats_server
from cli.embedded.postgres import postgres as postgres_server
from cli.embedded.roles import admit_service_role
from tests.chaos.proxy import Proxy, proxied
from tests.e2e.history import assert_sound
from tests.e2e.moments import elapse
from tests.e2e.world import World, new_tag, new_user, sentence, world

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.chaos]

RECOVERED_SECONDS = USUAL.ack_wait + 10
BUSY_SECONDS = 12.0
"""A machine that runs other tests too is slower by so much."""
MOMENT_SECONDS = 3.0
USERS = 4
TROUBLES = ("loses all", "loses questions", "loses answers", "holds", "cuts", "refuses", "slow")


@dataclass(frozen=True, slots=True)
class Far:
    """A system whose database and bus are across networks of their own."""

    world: World
    database: Proxy
    bus: Proxy


@pytest.fixture(scope="module")
async def far(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Far]:
    """Run a system of its own, on servers of ours."""
    folder = tmp_path_factory.mktemp("far")
    async with (
        postgres_server(folder / "postgres") as database,
        nats_server(folder / "nats") as bus,
    ):
        await migrate(database.owner_url)
        await admit_service_role(database.owner_url)
        async with (
            _far(database.service_url) as (to_database, database_url),
            _far(bus.url) as (to_bus, bus_url),
            world(folder, {"DATABASE_URL": database_url, "NATS_URL": bus_url}) as made,
        ):
            yield Far(made, to_database, to_bus)


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("server", ["database", "bus"])
async def test_all_are_answered_once_within_seconds_of_its_end(far: Far, server: str, trouble: str):
    made, proxy = far.world, far.database if server == "database" else far.bus
    users = await asyncio.gather(*(made.translating(new_user()) for _ in range(2 * USERS)))
    tags = {user: new_tag() for user in users}
    made.gemini.latency = 1.0
    said = [made.platform.message(user, sentence(tags[user])) for user in users]
    await asyncio.gather(*map(made.platform.deliver, said[:USERS]))
    await made.at_work()
    befall(proxy, trouble)
    deliveries = [asyncio.create_task(made.platform.deliver(each)) for each in said[USERS:]]
    await elapse(MOMENT_SECONDS)
    await proxy.heal()
    made.gemini.latency = 0.0
    await poll(
        lambda: all(made.line.ledger.about(tag) for tag in tags.values()),
        RECOVERED_SECONDS + BUSY_SECONDS,
        what=f"{len(tags)} answers",
    )
    await asyncio.gather(*deliveries)
    await made.at_rest()
    answered = {user: [each.user for each in made.line.ledger.about(tags[user])] for user in users}
    assert answered == {user: [user] for user in users}
    await made.system.until_ready()


async def test_what_was_answered_meanwhile_is_sound(far: Far):
    assert far.world.sound(), far.world.line.ledger.refused
    await assert_sound(far.world)


def befall(proxy: Proxy, trouble: str) -> None:
    """Let something happen to all connections to a server."""
    match trouble:
        case "loses questions":
            proxy.lose("up")
        case "loses answers":
            proxy.lose("down")
        case "loses all":
            proxy.lose()
        case "holds":
            proxy.hold()
        case "cuts":
            proxy.cut()
        case "refuses":
            proxy.refuse()
            proxy.cut()
        case _:
            proxy.delay(0.2)


@asynccontextmanager
async def _far(url: str) -> AsyncGenerator[tuple[Proxy, str]]:
    """Stand before the server at an address; yield the proxy and the address to use."""
    parts = urlsplit(url)
    async with proxied(parts.hostname or "", parts.port or 0) as proxy:
        place = parts.netloc.replace(f":{parts.port}", f":{proxy.port}")
        yield proxy, urlunsplit(parts._replace(netloc=place))
