"""Making what the services stand on: the schema in Postgres, the streams in NATS."""

import nats

from chassis.bus.streams import BUS_DOWN, ensure_streams
from chassis.database import migrate
from chassis.errors import StartupRefused, Unavailable


async def provision(database_url: str, nats_url: str, *, tries: int = 12) -> None:
    """Bring schema and streams up to date; safe to repeat, and from many processes at once.

    NATS is tried to be reached `tries` times, twice a second.

    Raises StartupRefused with one sentence when that cannot be.
    """
    await migrate(database_url)
    try:
        client = await nats.connect(
            [server.strip() for server in nats_url.split(",")],
            connect_timeout=5,
            max_reconnect_attempts=tries,
            reconnect_time_wait=0.5,
        )
    except BUS_DOWN as error:
        kind = type(error).__name__
        raise StartupRefused(f"NATS_URL: no NATS server answers there ({kind}).") from None
    try:
        await ensure_streams(client)
    except Unavailable:
        raise StartupRefused("NATS_URL: the server there has no JetStream.") from None
    finally:
        await client.close()
