"""Where the bus is: the NATS that the environment names, or the one `up` runs here."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from nats.aio.client import Client

from chassis.errors import StartupRefused
from chassis.settings import load
from cli.embedded.running import running_bus
from cli.home import Home
from cli.up.settings import UpSettings

CONNECT_SECONDS = 5


def nats_url(environ: Mapping[str, str]) -> str:
    """Return NATS_URL, else the address of the nats-server that `mededbot up` runs now.

    Raises StartupRefused when there is neither.
    """
    own = environ.get("NATS_URL", "").strip()
    if own:
        return own
    home = Home(load(UpSettings, environ).home.absolute())
    found = running_bus(home)
    if found is None:
        raise StartupRefused(
            f"No NATS: `mededbot up` does not run on {home.root}. Start it, set MEDEDBOT_HOME "
            "to the folder it runs on, or NATS_URL to a server."
        )
    return found


@asynccontextmanager
async def bus(environ: Mapping[str, str]) -> AsyncGenerator[Client]:
    """Yield a connection to the bus; StartupRefused says in one sentence when there is none."""
    import nats

    from chassis.bus.streams import BUS_DOWN
    from chassis.bus.word import say

    servers = [server.strip() for server in nats_url(environ).split(",")]
    try:
        client = await nats.connect(
            servers, connect_timeout=CONNECT_SECONDS, max_reconnect_attempts=1, error_cb=_quietly
        )
    except BUS_DOWN as error:
        kind = type(error).__name__
        raise StartupRefused(f"NATS_URL: no NATS server answers there ({kind}).") from None
    try:
        yield client
    finally:
        await say(client.close())


async def _quietly(_: Exception) -> None:
    return
