"""Three NATS nodes whose routes to one another lead through proxies: any node can be cut off."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

from cli.embedded.bus import addresses
from cli.embedded.cluster import NODES, node_folder
from cli.embedded.nats import START_SECONDS, STOP_SECONDS, Routes, prepare_node
from cli.home import open_home
from cli.network import free_port
from cli.process import running
from tests.chaos.proxy import LOOPBACK, Proxy, proxied

NOWHERE = "127.0.0.1:1"
"""What nodes tell of themselves: else they would find ways around the proxies."""


@dataclass(frozen=True, slots=True)
class Parted:
    """The address of all nodes, and what stands between each two of them."""

    nats_url: str
    between: dict[tuple[str, str], Proxy]

    def part(self, node: str) -> None:
        """Take what this node and the others say to one another, and tell neither."""
        for ends, proxy in self.between.items():
            if node in ends:
                proxy.lose()

    async def heal(self) -> None:
        """Let the nodes find one another again."""
        for proxy in self.between.values():
            proxy.cut()
            await proxy.heal()


@asynccontextmanager
async def parted(root: Path) -> AsyncGenerator[Parted]:
    """Run the nodes for the length of a block."""
    home = open_home(root)
    ports = {node: free_port() for node in NODES}
    async with AsyncExitStack() as stack:
        between = {
            (one, other): await stack.enter_async_context(proxied(LOOPBACK, ports[other]))
            for one, other in permutations(NODES, 2)
        }
        servers = tuple(
            prepare_node(home, node, node_folder(home, node), _routes(node, ports, between))
            for node in NODES
        )
        children = [running(each.program, START_SECONDS, STOP_SECONDS) for each in servers]
        await asyncio.gather(*map(stack.enter_async_context, children))
        yield Parted(addresses(servers), between)


def _routes(node: str, ports: dict[str, int], between: dict[tuple[str, str], Proxy]) -> Routes:
    to = [proxy.port for (one, _), proxy in between.items() if one == node]
    routes = tuple(f"nats-route://{LOOPBACK}:{port}" for port in to)
    return Routes(port=ports[node], to=routes, advertised=NOWHERE)
