"""Finding the servers that another process of ours runs on a data folder."""

import json
from pathlib import Path

from cli.embedded import privileges
from cli.embedded.cluster import NODES
from cli.embedded.nats import CONFIG, NAME
from cli.embedded.roles import DATABASE, SERVICE
from cli.home import Home
from cli.leftovers import recorded_pid

PORT_LINE = 3
"""Of postmaster.pid, as Postgres writes it: pid, folder, start time, port."""


def running_database(home: Home) -> str | None:
    """Return the address for services of the Postgres that runs on this folder, if one does."""
    path, secret = home.postgres / "postmaster.pid", home.secrets / SERVICE
    if not path.exists() or not secret.exists():
        return None
    lines = path.read_text().splitlines()
    if len(lines) <= PORT_LINE or not privileges.is_postgres_on(home.postgres, int(lines[0])):
        return None
    password = secret.read_text().strip()
    return f"postgresql://{SERVICE}:{password}@127.0.0.1:{lines[PORT_LINE].strip()}/{DATABASE}"


def running_bus(home: Home) -> str | None:
    """Return the addresses of the nats-servers that run on this folder, if any does."""
    folders = {NAME: home.nats} | {node: home.nats / node for node in NODES}
    found = [_listens(folder) for name, folder in folders.items() if _runs(home, name, folder)]
    return ",".join(found) or None


def _runs(home: Home, name: str, folder: Path) -> bool:
    return (folder / CONFIG).exists() and bool(recorded_pid(home.record(name)))


def _listens(folder: Path) -> str:
    return f"nats://{json.loads((folder / CONFIG).read_text())['listen']}"
