"""Finding the Postgres that another process of ours runs on a data folder."""

from cli.embedded import privileges
from cli.embedded.roles import DATABASE, SERVICE
from cli.home import Home

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
