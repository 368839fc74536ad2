"""The store as the gateway uses it: what serves from it, and what keeps it clean."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.routing import BaseRoute, Route

from chassis.app import Service
from chassis.links import Links, open_links
from chassis.objects.open import open_objects
from services.gateway.admin import admin_routes, health_route
from services.gateway.downloads import KINDS, Downloads, Kind
from services.gateway.measured import Measured
from services.gateway.opened import Opened
from services.gateway.retention import Keeping, Retention
from services.gateway.settings import GatewaySettings


@asynccontextmanager
async def object_routes(settings: GatewaySettings, app: Service) -> AsyncGenerator[list[BaseRoute]]:
    """Open the store, keep it clean, and yield the routes that serve from it."""
    async with open_objects(settings, app) as objects:
        links = await open_links(app.pool, lifetime=settings.audio_retention)
        opened = Opened(objects)
        app.forgetting.add(opened.forget)
        keeping = Keeping(time=settings.audio_retention, size=settings.audio_store_bytes)
        retention = Retention(objects, app.pool, keeping)
        app.spawn(retention.keep, "retention")
        password = settings.admin_password
        admin = (
            admin_routes(password.get_secret_value(), app, retention, secret=links.key)
            if password
            else []
        )
        downloads = [download_route(kind, links, opened) for kind in KINDS]
        yield [*downloads, health_route(retention), *admin]


def download_route(kind: Kind, links: Links, opened: Opened) -> BaseRoute:
    """Return the route of one kind; whatever lies below its path is a name, good or not."""
    route = f"/{kind.name}/{{name}}"
    return Route(f"/{kind.name}/{{name:path}}", Measured(route, Downloads(kind, links, opened)))
