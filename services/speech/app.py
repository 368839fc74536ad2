"""The speech service on one screen: what it is made of, and how it is wired."""

from chassis.app import service
from services.speech import handlers
from services.speech.settings import SpeechSettings


async def run(settings: SpeechSettings) -> None:
    """Answer what conversations ask for until told to stop."""
    async with service("speech", settings) as app:
        app.include(handlers.router)
        await app.serve()
