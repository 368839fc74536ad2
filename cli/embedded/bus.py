"""The embedded bus, of one node or of three, and of how many nodes the data on a folder is."""

import shutil

from chassis.bus.promise import Promise
from cli.embedded.cluster import NODES, prepare_cluster
from cli.embedded.nats import STORE, NatsServer, prepare_nats
from cli.home import Home, write_private

ALONE, CLUSTER = 1, len(NODES)


def prepare_bus(home: Home, nodes: int) -> tuple[NatsServer, ...]:
    """Return the servers of a bus of so many nodes, ready to be run."""
    return (prepare_nats(home),) if nodes == ALONE else prepare_cluster(home)


def addresses(servers: tuple[NatsServer, ...]) -> str:
    """Return the value of NATS_URL that leads to these servers."""
    return ",".join(server.url for server in servers)


def promised(servers: tuple[NatsServer, ...]) -> Promise:
    """Return how durable a bus of these servers is."""
    return Promise(len(servers), tuple(server.monitoring_url for server in servers))


def nodes_on(home: Home) -> int:
    """Return of how many nodes the data on this folder is, 0 when there is none."""
    path = home.nats / "NODES"
    if path.exists():
        return int(path.read_text())
    return ALONE if (home.nats / STORE).exists() else 0


def note_nodes(home: Home, nodes: int) -> None:
    """Note of how many nodes the data is from now on."""
    write_private(home.nats / "NODES", str(nodes))


def clear(home: Home, nodes: int) -> None:
    """Remove the data of a bus of so many nodes."""
    folders = [home.nats / STORE] if nodes == ALONE else [home.nats / node for node in NODES]
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
