"""Postgres and NATS for `up`: the operator's own where an address is set, else embedded."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from cli.embedded import nats, postgres
from cli.embedded.roles import admit_service_role
from cli.home import Home
from cli.process import start
from cli.up.fleet import Fleet, Group


@dataclass(frozen=True, slots=True)
class Servers:
    """Addresses of the record and of the bus; migrations need the owner's."""

    owner_url: str
    database_url: str
    nats_url: str
    embedded_database: bool


async def start_servers(fleet: Fleet, home: Home, environ: Mapping[str, str]) -> Servers:
    """Start what is to be embedded, both at once, and hand it to the fleet."""
    # Both are awaited even if one is refused: what was started belongs to the fleet by then.
    database, bus = await asyncio.gather(
        _database(fleet, home, environ.get("DATABASE_URL", "").strip()),
        _bus(fleet, home, environ.get("NATS_URL", "").strip()),
        return_exceptions=True,
    )
    if isinstance(database, BaseException):
        raise database
    if isinstance(bus, BaseException):
        raise bus
    owner_url, service_url = database
    return Servers(owner_url, service_url, bus, embedded_database=owner_url != service_url)


async def provision_servers(servers: Servers) -> None:
    """Bring schema and streams up to date and let the services in."""
    from chassis.provision import provision

    await provision(servers.owner_url, servers.nats_url)
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


async def _bus(fleet: Fleet, home: Home, own: str) -> str:
    if own:
        return own
    server = nats.prepare_nats(home)
    child = await start(server.program, nats.START_SECONDS)
    fleet.keep(Group.SERVERS, server.program, child)
    return server.url
