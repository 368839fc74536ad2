"""Finding the servers that another process of ours runs on a data folder."""

import json

from cli.embedded import privileges
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
    """Return the address of the nats-server that runs on this folder, if one does."""
    path = home.nats / CONFIG
    if not path.exists() or not recorded_pid(home.record(NAME)):
        return None
    return f"nats://{json.loads(path.read_text())['listen']}"
