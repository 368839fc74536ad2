"""nats-server with JetStream, every acknowledged write on disk, for one machine."""

import json
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.embedded.binaries import nats_binary
from cli.home import Home, open_home, write_private
from cli.leftovers import end_leftover
from cli.network import free_port, http_status
from cli.process import Program, running, tethered

NAME = "nats"
CONFIG = "nats.conf"
START_SECONDS = 30.0
STOP_SECONDS = 5.0
MAX_PAYLOAD_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class NatsServer:
    """An embedded nats-server: how to run it and where it listens."""

    program: Program
    url: str
    monitoring_url: str


def prepare_nats(home: Home) -> NatsServer:
    """Write the configuration and choose the ports; a restart of the program keeps them."""
    end_leftover(home.record(NAME))
    client, monitoring = free_port(), free_port()
    config = home.nats / CONFIG
    write_private(config, _config(home.nats / "store", client, monitoring))
    monitoring_url = f"http://127.0.0.1:{monitoring}"
    program = _program(home, config, f"{monitoring_url}/healthz")
    return NatsServer(program, f"nats://127.0.0.1:{client}", monitoring_url)


@asynccontextmanager
async def nats_server(root: Path) -> AsyncGenerator[NatsServer]:
    """Run a nats-server on the data in this folder for the length of a block."""
    server = prepare_nats(open_home(root))
    async with running(server.program, START_SECONDS, STOP_SECONDS):
        yield server


def _program(home: Home, config: Path, health_url: str) -> Program:
    async def ready() -> bool:
        return await http_status(health_url) == 200  # noqa: PLR2004  HTTP's OK

    command = (str(nats_binary()), "--config", str(config))
    return Program(
        name=NAME,
        argv=tethered(command, signal.SIGTERM),
        log=home.log(NAME),
        record=home.record(NAME),
        ready=ready,
    )


def _config(store: Path, client: int, monitoring: int) -> str:
    # The default flushes every two minutes: acknowledged messages would be lost in a crash.
    settings = {
        "server_name": "mededbot",
        "listen": f"127.0.0.1:{client}",
        "http": f"127.0.0.1:{monitoring}",
        "max_payload": MAX_PAYLOAD_BYTES,
        "jetstream": {"store_dir": str(store), "sync_interval": "always"},
    }
    # nats-server reads nearly JSON, without \u escapes: a folder's name is written as it is.
    return json.dumps(settings, indent=2, ensure_ascii=False)
