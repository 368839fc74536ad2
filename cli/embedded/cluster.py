"""Three nats-servers as a cluster on one machine, each with its own folder and every stream."""

from pathlib import Path

from cli.embedded.nats import NatsServer, Routes, prepare_node
from cli.home import PRIVATE_FOLDER, Home
from cli.network import free_port

NODES = ("nats-1", "nats-2", "nats-3")


def prepare_cluster(home: Home) -> tuple[NatsServer, ...]:
    """Write the configurations and choose the ports; a restart of a node keeps them."""
    ports = [free_port() for _ in NODES]
    return tuple(
        prepare_node(home, node, node_folder(home, node), _routes(port, ports))
        for node, port in zip(NODES, ports, strict=True)
    )


def node_folder(home: Home, node: str) -> Path:
    """Return where a node keeps its configuration and its store."""
    folder = home.nats / node
    folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    return folder


def _routes(own: int, ports: list[int]) -> Routes:
    others = tuple(f"nats-route://127.0.0.1:{port}" for port in ports if port != own)
    return Routes(port=own, to=others)
