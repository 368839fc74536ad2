"""`mededbot up` from the first check to the last child gone."""

import asyncio
from collections.abc import Mapping
from typing import Any

from cli.home import Home, kept_secret, locked, open_home
from cli.leftovers import end_leftovers
from cli.network import free_port
from cli.up.fleet import Fleet
from cli.up.order import Order, checked, ordered
from cli.up.readiness import until_ready
from cli.up.screen import heading, say, screen
from cli.up.servers import Servers, provision_servers, start_servers
from cli.up.stopping import Stop
from cli.up.surface import follow
from cli.up.table import LOOPBACK, Member, SandboxPorts, sandbox_member, service_members
from cli.up.upstreams import Supplies, needs_sandbox, supplied


def up(environ: Mapping[str, str], replicas: int) -> None:
    """Run the whole system until it is told to stop."""
    own = checked(environ)
    home = open_home(own.home)
    with locked(home):
        # First the leftovers: one of them may hold the port.
        end_leftovers(home.run)
        order = ordered(environ, own, replicas)
        asyncio.run(_run(order, home))


async def _run(order: Order, home: Home) -> None:
    """Start everything and wait for the signal; whatever happens, end everything."""
    fleet = Fleet(say)
    stop = Stop(fleet.hasten)
    stop.listen()
    following = asyncio.create_task(follow(fleet.logs, say))
    starting = asyncio.create_task(_start(order, home, fleet))
    try:
        await stop.or_done(starting)
        if starting.done():
            starting.result()
            await stop.asked()
    finally:
        await _cancelled(starting)
        say("Stopping …")
        await fleet.stop()
        await _cancelled(following)
        say("Stopped.")


async def _start(order: Order, home: Home, fleet: Fleet) -> None:
    say("Starting Postgres and NATS …")
    servers = await start_servers(fleet, home, order, say)
    await provision_servers(servers)
    members = _members(order, home, servers)
    say("Starting the services …")
    for member in members:
        fleet.keep(member.group, member.program)
    late = await until_ready(members)
    say(_opening(late))
    say(screen(order.environ, servers, members, home.root))


def _members(order: Order, home: Home, servers: Servers) -> list[Member]:
    supplies = Supplies(
        database_url=servers.database_url,
        nats_url=servers.nats_url,
        promise=servers.promise,
        gateway_url=f"http://{LOOPBACK}:{order.gateway_port}",
        sandbox_url=f"http://{LOOPBACK}:{order.sandbox_port}",
        smtp_port=free_port(),
        line_channel_secret=kept_secret(home, "line_channel_secret"),
        line_channel_access_token=kept_secret(home, "line_channel_access_token"),
    )
    environ = supplied(order.environ, supplies)
    members = service_members(home, environ, order.gateway_port, order.replicas)
    if needs_sandbox(order.environ):
        own = _sandbox_environ(environ, supplies)
        ports = SandboxPorts(order.sandbox_port, supplies.smtp_port)
        members.append(sandbox_member(home, own, ports, members[0].url))
    return members


def _sandbox_environ(environ: Mapping[str, str], supplies: Supplies) -> dict[str, str]:
    """Return the sandbox's environment: the real channel's secrets are none of its business."""
    return {
        **environ,
        "LINE_CHANNEL_SECRET": supplies.line_channel_secret,
        "LINE_CHANNEL_ACCESS_TOKEN": supplies.line_channel_access_token,
    }


def _opening(late: list[str]) -> str:
    if not late:
        return f"\n{heading('MedEdBot is ready')}"
    return f"\n{heading('MedEdBot is up, but not ready yet:')} {', '.join(late)}"


async def _cancelled(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
