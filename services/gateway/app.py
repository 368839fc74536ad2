"""The gateway on one screen: what it is made of, and how it is wired."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from nats.aio.msg import Msg
from starlette.routing import BaseRoute, Route

from chassis.app import Service, service
from chassis.limits import tidy_limits
from contracts.subjects import HEARTBEAT_PREFIX
from services.gateway.admission import message_limits
from services.gateway.door import Door
from services.gateway.intake import Intake
from services.gateway.measured import Measured
from services.gateway.objects import object_routes
from services.gateway.pace import Pace, keep_pace
from services.gateway.peers import Peers
from services.gateway.settings import GatewaySettings
from services.gateway.status import status_routes


async def run(settings: GatewaySettings) -> None:
    """Serve LINE's webhooks until told to stop."""
    peers, pace = Peers(), Pace()

    @asynccontextmanager
    async def routes(app: Service) -> AsyncGenerator[Sequence[BaseRoute]]:
        secret = settings.line_channel_secret.get_secret_value().encode()
        intake = Intake(app.journal, admission=message_limits(app.pool, settings))
        door = Measured("/webhook", Door(secret, intake, pace))
        status = status_routes(app.health, peers, app.pool)
        async with object_routes(settings, app) as objects:
            yield [Route("/webhook", door), *objects, *status]

    async def hear(message: Msg) -> None:
        peers.hear(message.data)

    async with service("gateway", settings, port=settings.port, routes=routes) as app:
        app.health.also = peers.are_ready
        await app.nats.subscribe(f"{HEARTBEAT_PREFIX}*", cb=hear)
        app.spawn(lambda: keep_pace(pace, peers.loads), "pace")
        app.spawn(lambda: tidy_limits(app.pool), "tidy limits")
        await app.serve()
