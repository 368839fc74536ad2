"""What the speech service is made of: LINE's recordings, two models, the Taigi service, a store."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from chassis.alerts import Alerts
from chassis.app import Service
from chassis.archive import archive
from chassis.gemini import UPSTREAM, Gemini, gemini
from chassis.limits import PostgresBudget
from chassis.objects.open import open_objects
from chassis.objects.sealed import SealedObjects
from chassis.taigi import configured_taigi
from services.speech.gemini_voices import GeminiTranscriber, GeminiVoice
from services.speech.line_content import line_recordings
from services.speech.reader import Reader
from services.speech.scribe import Scribe
from services.speech.settings import SpeechSettings
from services.speech.taigi_voice import TaigiVoice

TTS_UPSTREAM = "gemini_tts"


@dataclass(frozen=True, slots=True)
class Adapters:
    """Who writes down, who reads aloud, and where that lies."""

    scribe: Scribe
    reader: Reader
    objects: SealedObjects


@asynccontextmanager
async def adapters(settings: SpeechSettings, app: Service) -> AsyncGenerator[Adapters]:
    """Open what the handlers need."""
    async with AsyncExitStack() as stack:
        objects = await stack.enter_async_context(open_objects(settings, app))
        recordings = await stack.enter_async_context(
            line_recordings(
                base_url=settings.line_data_api_base_url,
                token=settings.line_channel_access_token.get_secret_value(),
            )
        )
        listener = await stack.enter_async_context(_listener(settings, app))
        speaker = await stack.enter_async_context(_speaker(settings, app))
        spoken = await stack.enter_async_context(configured_taigi(settings, app.pool))
        copies = await stack.enter_async_context(archive(objects))

        def budget(stream: str) -> PostgresBudget:
            return PostgresBudget(app.pool, f"tts:{stream}", settings.tts_requests_per_minute)

        yield Adapters(
            scribe=Scribe(recordings, GeminiTranscriber(listener), copies),
            reader=Reader(GeminiVoice(speaker, budget), TaigiVoice(spoken), objects),
            objects=objects,
        )


@asynccontextmanager
async def _listener(settings: SpeechSettings, app: Service) -> AsyncGenerator[Gemini]:
    async with gemini(
        api_key=settings.gemini_api_key.get_secret_value(),
        base_url=settings.gemini_base_url,
        model=settings.gemini_model,
        attempt_timeout=settings.stt_timeout,
        budget=PostgresBudget(app.pool, UPSTREAM, settings.gemini_requests_per_minute),
        alarm=Alerts(app.journal).quota_used_up,
    ) as model:
        yield model


@asynccontextmanager
async def _speaker(settings: SpeechSettings, app: Service) -> AsyncGenerator[Gemini]:
    async with gemini(
        api_key=settings.gemini_api_key.get_secret_value(),
        base_url=settings.gemini_base_url,
        model=settings.gemini_tts_model,
        attempt_timeout=settings.tts_timeout,
        alarm=Alerts(app.journal).quota_used_up,
        upstream=TTS_UPSTREAM,
    ) as model:
        yield model
