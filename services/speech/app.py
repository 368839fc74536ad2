"""The speech service on one screen: what it is made of, and how it is wired."""

from chassis.app import service
from services.speech import handlers
from services.speech.adapters import adapters
from services.speech.settings import SpeechSettings


async def run(settings: SpeechSettings) -> None:
    """Write down and read aloud what conversations ask for until told to stop."""
    async with service("speech", settings) as app, adapters(settings, app) as made:
        app.provide("scribe", made.scribe)
        app.provide("reader", made.reader)
        app.provide("objects", made.objects)
        app.provide("audio_retention", settings.audio_retention)
        app.include(handlers.router)
        await app.serve()
