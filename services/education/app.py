"""The education service on one screen: what it is made of, and how it is wired."""

from chassis.app import service
from services.education import handlers
from services.education.adapters import adapters
from services.education.settings import EducationSettings


async def run(settings: EducationSettings) -> None:
    """Make the leaflets that conversations ask for until told to stop."""
    async with service("education", settings) as app, adapters(settings, app) as writer:
        app.provide("writer", writer)
        app.include(handlers.router)
        await app.serve()
