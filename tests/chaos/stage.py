"""The system as processes on real servers, and a hand on everything that can fail below it."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import psutil

from chassis.http import http_server
from chassis.testing import poll
from cli.catalogue import SERVICES
from cli.embedded import nats, postgres
from cli.home import Home, open_home
from cli.leftovers import recorded_pid
from cli.process import Program, start
from cli.up.supervisor import Keeper, stop_all
from tests.chaos.balancer import Balancer
from tests.chaos.moods import MoodyGemini, MoodyLine
from tests.chaos.proxy import LOOPBACK, Proxy, proxied
from tests.e2e.buckets import buckets
from tests.e2e.post_office import post_office
from tests.e2e.system import System
from tests.e2e.taigi import served_taigi
from tests.e2e.world import World, surroundings

DATABASE, BUS, MODEL, LINE = "database", "bus", "model", "line"
_SETTLED = """
    select not exists (select from eventlog.outbox)
        and not exists (select from eventlog.streams where pending_since is not null)
"""
STOP_SECONDS = 8.0
CONNECTIONS = 2_000
PATIENCE: Mapping[str, str] = dict.fromkeys(
    ("GEMINI_TIMEOUT", "STT_TIMEOUT", "TTS_TIMEOUT", "TAIGI_TIMEOUT"), "5"
)


@dataclass(frozen=True, slots=True)
class Servers:
    """Where Postgres and NATS are kept and found, whoever keeps them."""

    home: Home
    database_url: str
    nats_url: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A world whose parts can be struck; `ways` are the proxies between them."""

    world: World
    line: MoodyLine
    model: MoodyGemini
    ways: Mapping[str, Proxy]
    servers: Servers
    replicas: int = 1

    def members(self, target: str) -> list[str]:
        """Return by which names the processes of a service, or of a server, are kept."""
        if target not in SERVICES or self.replicas == 1:
            return [target]
        return [f"{target}-{number}" for number in range(1, self.replicas + 1)]

    def process(self, member: str) -> psutil.Process | None:
        """Return the process of a member that runs now, if one does."""
        own = Home(self.world.system.home.absolute())
        home = own if member.partition("-")[0] in SERVICES else self.servers.home
        pid = recorded_pid(home.record(member))
        try:
            return psutil.Process(pid) if pid else None
        except psutil.NoSuchProcess:
            return None

    async def at_rest(self, within: float) -> None:
        """Wait until nothing is left to be decided, made or sent."""
        await poll(self._is_settled, within, what="rest")

    async def _is_settled(self) -> bool:
        try:
            connection = await asyncpg.connect(self.servers.database_url)
        except (OSError, asyncpg.PostgresError):
            return False  # it may have been killed a moment ago
        try:
            return bool(await connection.fetchval(_SETTLED))
        finally:
            await connection.close()

    async def heal(self) -> None:
        """End every fault that lasts."""
        self.model.mood, self.line.mood = "", ""
        for way in self.ways.values():
            await way.heal()


@asynccontextmanager
async def staged(
    folder: Path, chance: Random, *, own_servers: bool, replicas: int = 1
) -> AsyncGenerator[Stage]:
    """Run a system for the length of a block, on servers of its own or on ours behind proxies."""
    async with AsyncExitStack() as stack:
        line, model = MoodyLine(chance), MoodyGemini(chance)
        ways = {LINE: await _served(stack, line), MODEL: await _served(stack, model)}
        kept = None if own_servers else await _kept(stack, folder / "servers")
        if kept is not None:
            ways |= {
                DATABASE: await _before(stack, kept.database_url),
                BUS: await _before(stack, kept.nats_url),
            }
        world = await _world(stack, folder, line, model, _servers(kept, ways), replicas)
        await world.start()
        found = kept or Servers(
            Home(world.system.home.absolute()),
            world.system.database_url,
            world.system.screen.after("NATS_URL"),
        )
        yield Stage(world, line, model, ways, found, replicas)


async def _world(
    stack: AsyncExitStack,
    folder: Path,
    line: MoodyLine,
    model: MoodyGemini,
    settings: Mapping[str, str],
    replicas: int,
) -> World:
    taigi = await stack.enter_async_context(served_taigi())
    office = await stack.enter_async_context(post_office())
    store = stack.enter_context(buckets())
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=0)
    http = await stack.enter_async_context(httpx.AsyncClient(limits=limits))
    environ = surroundings(line, model, taigi, office, store) | {**PATIENCE, **settings}
    system = System(folder, environ, replicas=replicas)
    stack.push_async_callback(system.end)
    return World(line, model, taigi, office, store, Balancer(line.ledger, http), system)


async def _served(stack: AsyncExitStack, upstream: MoodyLine | MoodyGemini) -> Proxy:
    """Serve a stand-in behind a proxy; its address is the proxy's."""
    served = http_server(upstream.routes(), host=LOOPBACK, port=0)
    port = await stack.enter_async_context(served)
    stack.callback(upstream.closing.set)
    proxy = await stack.enter_async_context(proxied(LOOPBACK, port))
    upstream.url = f"http://{LOOPBACK}:{proxy.port}"
    return proxy


async def _kept(stack: AsyncExitStack, folder: Path) -> Servers:
    """Keep Postgres and NATS running as `up` would, for the length of the stack."""
    home = open_home(folder)
    database, bus = await postgres.prepare_postgres(home), nats.prepare_nats(home)
    await _keep(stack, database.program, postgres.START_SECONDS)
    await _keep(stack, bus.program, nats.START_SECONDS)
    await postgres.furnish(database, home)
    return Servers(home, database.owner_url, bus.url)


async def _keep(stack: AsyncExitStack, program: Program, within: float) -> None:
    keeper = Keeper(program, lambda _: None, await start(program, within))

    async def stop() -> None:
        await stop_all([keeper], asyncio.get_running_loop().time() + STOP_SECONDS)

    stack.push_async_callback(stop)


async def _before(stack: AsyncExitStack, url: str) -> Proxy:
    address = urlsplit(url)
    assert address.port, url
    return await stack.enter_async_context(proxied(LOOPBACK, address.port))


def _servers(kept: Servers | None, ways: Mapping[str, Proxy]) -> dict[str, str]:
    """Return the settings that name our servers by their proxies; `up` runs its own without."""
    if kept is None:
        return {}
    return {
        "DATABASE_URL": _by_way_of(ways[DATABASE], kept.database_url),
        "NATS_URL": _by_way_of(ways[BUS], kept.nats_url),
    }


def _by_way_of(proxy: Proxy, url: str) -> str:
    address = urlsplit(url)
    log_in, at, _ = address.netloc.rpartition("@")
    return urlunsplit(address._replace(netloc=f"{log_in}{at}{LOOPBACK}:{proxy.port}"))
