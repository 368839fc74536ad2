"""Where the record is: the database that the environment names, or the one `up` runs here."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import asyncpg

from chassis.errors import StartupRefused, Unavailable
from chassis.settings import load
from cli.embedded.running import running_database
from cli.home import Home
from cli.up.settings import UpSettings


def database_url(environ: Mapping[str, str]) -> str:
    """Return DATABASE_URL, else the address of the Postgres that `mededbot up` runs now.

    Raises StartupRefused when there is neither.
    """
    own = environ.get("DATABASE_URL", "").strip()
    if own:
        return own
    home = Home(load(UpSettings, environ).home.absolute())
    found = running_database(home)
    if found is None:
        raise StartupRefused(
            f"No database: `mededbot up` does not run on {home.root}. Start it, set MEDEDBOT_HOME "
            "to the folder it runs on, or DATABASE_URL to a database."
        )
    return found


@asynccontextmanager
async def record(environ: Mapping[str, str]) -> AsyncGenerator[asyncpg.Pool]:
    """Yield a pool on the record, with the rights of a service; say in one sentence what is away.

    Raises StartupRefused when the database cannot be had.
    """
    from chassis.database import open_pool

    try:
        async with open_pool(database_url(environ)) as pool:
            yield pool
    except Unavailable as error:
        raise StartupRefused(f"The database does not answer: {error}.") from error
