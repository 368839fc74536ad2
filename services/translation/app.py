"""The translation service on one screen: what it is made of, and how it is wired."""

from chassis.app import service
from services.translation import handlers
from services.translation.adapters import adapters
from services.translation.settings import TranslationSettings


async def run(settings: TranslationSettings) -> None:
    """Interpret what conversations ask for until told to stop."""
    async with service("translation", settings) as app, adapters(settings, app) as translator:
        app.provide("translator", translator)
        app.include(handlers.router)
        await app.serve()
