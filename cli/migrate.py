"""`mededbot migrate`: schema and streams, as the services expect them."""

import asyncio
from collections.abc import Mapping

from chassis.settings import ServiceSettings, load


def migrate(environ: Mapping[str, str]) -> None:
    """Bring the database and the streams of this environment up to date."""
    settings = load(ServiceSettings, environ)
    from chassis.provision import provision

    asyncio.run(provision(settings.database_url, settings.nats_url, settings.promise, copying=True))
