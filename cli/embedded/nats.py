"""nats-server with JetStream for one machine: alone, or as a node of a cluster."""

import json
import shutil
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.embedded.binaries import nats_binary
from cli.home import Home, open_home, write_private
from cli.leftovers import end_leftover
from cli.network import free_port, http_answer, http_status
from cli.process import Program, running, tethered

Question = Callable[[], Awaitable[bool]]

NAME = "nats"
CONFIG = "nats.conf"
STORE = "store"
START_SECONDS = 30.0
STOP_SECONDS = 5.0
OK = 200
# The default flushes every two minutes: acknowledged messages would be lost in a crash.
SYNC_ALONE = "always"
# Of three nodes two have each message before it is acknowledged. Written through at once there as
# well, it costs 1 ms of CPU more; so a power failure may take the last second from all of them.
SYNC_AMONG_OTHERS = "1s"
MEMORY = {"GOGC": "50", "GOMEMLIMIT": "112MiB"}
"""Its buffers of 8 MB a stream live on; Go's default lets as much again lie about unused."""
MAX_PAYLOAD_BYTES = 8 * 1024 * 1024
ROOM_BYTES = 16 * 1024 * 1024
"""To start anew on a disk with less than this would not help for long."""
MAX_STORE_BYTES = 1024**4
"""Left unsaid, it is three quarters of what is free: on a full disk no stream could be opened."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where a server hears its clients, and where it tells how it is."""

    client: int
    monitoring: int


@dataclass(frozen=True, slots=True)
class NatsServer:
    """An embedded nats-server: how to run it and where it listens."""

    program: Program
    url: str
    monitoring_url: str


@dataclass(frozen=True, slots=True)
class Routes:
    """How a node of a cluster is reached by the others and reaches them.

    `advertised` is told to nodes that do not know this one yet, if not where it listens.
    """

    port: int
    to: tuple[str, ...]
    advertised: str = ""


def prepare_nats(home: Home) -> NatsServer:
    """Write the configuration and choose the ports; a restart of the program keeps them."""
    return prepare_node(home, NAME, home.nats)


def prepare_node(home: Home, name: str, folder: Path, routes: Routes | None = None) -> NatsServer:
    """Do the same for one server of a name, with its data in a folder of its own."""
    end_leftover(home.record(name))
    client, monitoring = free_port(), free_port()
    config = folder / CONFIG
    ports = Ports(client, monitoring)
    write_private(config, _config(name, folder / STORE, ports, routes))
    monitoring_url = f"http://127.0.0.1:{monitoring}"
    program = Program(
        name=name,
        argv=tethered((str(nats_binary()), "--config", str(config)), signal.SIGTERM),
        log=home.log(name),
        record=home.record(name),
        env=MEMORY,
        ready=_healthy(monitoring_url) if routes is None else _led(monitoring_url),
        sick=_sick(folder, monitoring_url),
    )
    return NatsServer(program, f"nats://127.0.0.1:{client}", monitoring_url)


@asynccontextmanager
async def nats_server(root: Path) -> AsyncGenerator[NatsServer]:
    """Run a nats-server on the data in this folder for the length of a block."""
    server = prepare_nats(open_home(root))
    async with running(server.program, START_SECONDS, STOP_SECONDS):
        yield server


def _healthy(monitoring_url: str) -> Question:
    async def ready() -> bool:
        return await http_status(f"{monitoring_url}/healthz") == OK

    return ready


def _led(monitoring_url: str) -> Question:
    """Readiness of a node: nobody answers JetStream's API until the cluster has a leader."""

    async def ready() -> bool:
        answer = await http_answer(f"{monitoring_url}/jsz")
        if answer is None or answer[0] != OK:
            return False
        return bool(json.loads(answer[1]).get("meta_cluster", {}).get("leader"))

    return ready


def _sick(store: Path, monitoring_url: str) -> Question:
    async def sick() -> bool:
        # A stream that could not be written takes nothing any more, also once the disk has room
        # again (measured with 2.15): only a new process does.
        return shutil.disk_usage(store).free > ROOM_BYTES and _wrote_in_vain(
            await http_answer(f"{monitoring_url}/healthz")
        )

    return sick


def _wrote_in_vain(answer: tuple[int, bytes] | None) -> bool:
    return answer is not None and answer[0] != OK and b"write error" in answer[1]


def _config(name: str, store: Path, ports: Ports, routes: Routes | None) -> str:
    settings: dict[str, Any] = {
        "server_name": "mededbot" if routes is None else name,
        "listen": f"127.0.0.1:{ports.client}",
        "http": f"127.0.0.1:{ports.monitoring}",
        "max_payload": MAX_PAYLOAD_BYTES,
        # A client that went without a word is given messages for as long as it is believed in.
        "ping_interval": "2s",
        "ping_max": 2,
        "jetstream": {
            "store_dir": str(store),
            "sync_interval": SYNC_ALONE if routes is None else SYNC_AMONG_OTHERS,
            "max_file_store": MAX_STORE_BYTES,
        },
    }
    if routes is not None:
        settings["cluster"] = _cluster(routes)
    # nats-server reads nearly JSON, without \u escapes: a folder's name is written as it is.
    return json.dumps(settings, indent=2, ensure_ascii=False)


def _cluster(routes: Routes) -> dict[str, object]:
    told = {"advertise": routes.advertised} if routes.advertised else {}
    return {
        "name": "mededbot",
        "listen": f"127.0.0.1:{routes.port}",
        "routes": list(routes.to),
        # Clients know all nodes by NATS_URL.
        "no_advertise": True,
        **told,
    }
