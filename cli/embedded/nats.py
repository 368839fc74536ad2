"""nats-server with JetStream, every acknowledged write on disk, for one machine."""

import json
import shutil
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.embedded.binaries import nats_binary
from cli.home import Home, open_home, write_private
from cli.leftovers import end_leftover
from cli.network import free_port, http_answer, http_status
from cli.process import Program, running, tethered

NAME = "nats"
CONFIG = "nats.conf"
HEALTHY = 200
START_SECONDS = 30.0
STOP_SECONDS = 5.0
MAX_PAYLOAD_BYTES = 8 * 1024 * 1024
ROOM_BYTES = 16 * 1024 * 1024
"""To start anew on a disk with less than this would not help for long."""
MAX_STORE_BYTES = 1024**4
"""Left unsaid, it is three quarters of what is free: on a full disk no stream could be opened."""


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
        return await http_status(health_url) == HEALTHY

    async def sick() -> bool:
        # A stream that could not be written takes nothing any more, also once the disk has room
        # again (measured with 2.15): only a new process does.
        return shutil.disk_usage(home.nats).free > ROOM_BYTES and _wrote_in_vain(
            await http_answer(health_url)
        )

    command = (str(nats_binary()), "--config", str(config))
    return Program(
        name=NAME,
        argv=tethered(command, signal.SIGTERM),
        log=home.log(NAME),
        record=home.record(NAME),
        ready=ready,
        sick=sick,
    )


def _wrote_in_vain(answer: tuple[int, bytes] | None) -> bool:
    return answer is not None and answer[0] != HEALTHY and b"write error" in answer[1]


def _config(store: Path, client: int, monitoring: int) -> str:
    # The default flushes every two minutes: acknowledged messages would be lost in a crash.
    settings = {
        "server_name": "mededbot",
        "listen": f"127.0.0.1:{client}",
        "http": f"127.0.0.1:{monitoring}",
        "max_payload": MAX_PAYLOAD_BYTES,
        "jetstream": {
            "store_dir": str(store),
            "sync_interval": "always",
            "max_file_store": MAX_STORE_BYTES,
        },
    }
    # nats-server reads nearly JSON, without \u escapes: a folder's name is written as it is.
    return json.dumps(settings, indent=2, ensure_ascii=False)
