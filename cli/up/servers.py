"""Postgres and NATS for `up`: the operator's own where an address is set, else embedded."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from chassis.bus.promise import NO_PROMISE, Promise
from cli.embedded import nats, postgres
from cli.embedded.bus import addresses, prepare_bus, promised
from cli.embedded.moving import settle
from cli.embedded.roles import admit_service_role
from cli.home import Home
from cli.process import start
from cli.up.fleet import Fleet, Group
from cli.up.order import Order


@dataclass(frozen=True, slots=True)
class Servers:
    """Addresses of the record and of the bus; migrations need the owner's."""

    owner_url: str
    database_url: str
    nats_url: str
    embedded_database: bool
    promise: Promise = NO_PROMISE


async def start_servers(
    fleet: Fleet, home: Home, order: Order, report: Callable[[str], None]
) -> Servers:
    """Start what is to be embedded, both at once, and hand it to the fleet."""
    # Both are awaited even if one is refused: what was started belongs to the fleet by then.
    database, bus = await asyncio.gather(
        _database(fleet, home, order.environ.get("DATABASE_URL", "").strip()),
        _bus(fleet, home, order, report),
        return_exceptions=True,
    )
    if isinstance(database, BaseException):
        raise database
    if isinstance(bus, BaseException):
        raise bus
    owner_url, service_url = database
    nats_url, promise = bus
    return Servers(owner_url, service_url, nats_url, owner_url != service_url, promise)


async def provision_servers(servers: Servers) -> None:
    """Bring schema and streams up to date and let the services in."""
    from chassis.provision import provision

    await provision(servers.owner_url, servers.nats_url, servers.promise, copying=True)
    if servers.embedded_database:
        await admit_service_role(servers.owner_url)


async def _database(fleet: Fleet, home: Home, own: str) -> tuple[str, str]:
    if own:
        return own, own
    server = await postgres.prepare_postgres(home)
    child = await start(server.program, postgres.START_SECONDS)
    fleet.keep(Group.SERVERS, server.program, child)
    await postgres.furnish(server, home)
    return server.owner_url, server.service_url


async def _bus(
    fleet: Fleet, home: Home, order: Order, report: Callable[[str], None]
) -> tuple[str, Promise]:
    own = order.environ.get("NATS_URL", "").strip()
    if own:
        return own, order.promise
    await settle(home, order.nats_nodes, report)
    servers = prepare_bus(home, order.nats_nodes)
    started = await asyncio.gather(
        *(_keep(fleet, server) for server in servers), return_exceptions=True
    )
    for refused in filter(None, started):
        raise refused
    return addresses(servers), promised(servers)


async def _keep(fleet: Fleet, server: nats.NatsServer) -> None:
    child = await start(server.program, nats.START_SECONDS)
    fleet.keep(Group.SERVERS, server.program, child)
