"""Making what the services stand on: the schema in Postgres, the streams in NATS."""

import asyncio

import nats
from nats.aio.client import Client
from nats.errors import NoRespondersError

from chassis.bus.promise import NO_PROMISE, Promise
from chassis.bus.streams import BUS_DOWN, assert_durable, ensure_streams
from chassis.database import migrate
from chassis.errors import StartupRefused, Unavailable

PAUSE_SECONDS = 0.5


async def provision(
    database_url: str,
    nats_url: str,
    promise: Promise = NO_PROMISE,
    *,
    copying: bool = False,
    tries: int = 12,
) -> None:
    """Bring schema and streams up to date; safe to repeat, and from many processes at once.

    NATS is tried to be reached `tries` times, twice a second. `copying`: streams with fewer copies
    than promised get more.

    Raises StartupRefused when that cannot be, or the streams do not keep what is promised.
    """
    await migrate(database_url)
    try:
        client = await nats.connect(
            [server.strip() for server in nats_url.split(",")],
            connect_timeout=5,
            max_reconnect_attempts=tries,
            reconnect_time_wait=PAUSE_SECONDS,
        )
    except BUS_DOWN as error:
        kind = type(error).__name__
        raise StartupRefused(f"NATS_URL: no NATS server answers there ({kind}).") from None
    try:
        await _furnish(client, promise, copying=copying, tries=tries)
    finally:
        await client.close()


async def _furnish(nats: Client, promise: Promise, *, copying: bool, tries: int) -> None:
    """Make the streams and judge them; a cluster that elects its leader is given time."""
    for left in reversed(range(tries)):
        try:
            await ensure_streams(nats, promise, copying=copying)
            await assert_durable(nats, promise)
        except Unavailable as error:
            if isinstance(error.__cause__, NoRespondersError):
                raise StartupRefused("NATS_URL: the server there has no JetStream.") from None
            if not left:
                kind = type(error.__cause__).__name__
                message = f"NATS_URL: JetStream there does not make our streams ({kind})."
                raise StartupRefused(message) from None
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            return
