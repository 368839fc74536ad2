"""Who interprets: Gemini in one structured call, for 台語 together with the Taigi service."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime

from chassis.alerts import Alerts
from chassis.app import Service
from chassis.errors import Unavailable
from chassis.gemini import UPSTREAM, Gemini, failure_reason, gemini, recipe
from chassis.gemini_failures import ModelFailed
from chassis.gemini_reading import Generated
from chassis.limits import PostgresBudget
from chassis.prompts import read_prompt
from chassis.taigi import LANGUAGE as TAIGI
from chassis.taigi import configured_taigi
from services.translation.direction import direction
from services.translation.ports import NoTranslation, Translated, Translator
from services.translation.settings import TranslationSettings
from services.translation.taigi import TaigiTranslator

PROMPT_VERSION = 1
SCHEMA = {
    "type": "OBJECT",
    "properties": {
        # from_chinese first: a model in doubt, or a stand-in, takes the first.
        "direction": {"type": "STRING", "enum": ["from_chinese", "into_chinese"]},
        "plain_chinese": {"type": "STRING"},
        "translation": {"type": "STRING"},
    },
    "required": ["direction", "plain_chinese", "translation"],
    "propertyOrdering": ["direction", "plain_chinese", "translation"],
}


class GeminiTranslator:
    """Interprets through Gemini."""

    def __init__(self, model: Gemini) -> None:
        """Read the prompt and prepare the question, once."""
        self._model = model
        self._prompt = read_prompt("services.translation", "translate", version=PROMPT_VERSION)
        self._recipe = recipe(
            self._prompt.text, schema=SCHEMA, needed=("plain_chinese", "translation")
        )

    async def translate(self, text: str, language: str, deadline: datetime) -> Translated:
        """Return the sentence in both before the deadline, or raise NoTranslation."""
        data = {"task": "interpret", "text": text, "language": language}
        try:
            said = await self._model.ask(self._recipe, data, deadline=deadline)
        except (ModelFailed, Unavailable) as error:
            raise NoTranslation(failure_reason(error)) from error
        return self._translated(text, language, said)

    def _translated(self, text: str, language: str, said: Generated) -> Translated:
        return Translated(
            direction=direction(text, language, said.fields.get("direction")),
            plain=str(said.fields["plain_chinese"]).strip(),
            translation=str(said.fields["translation"]).strip(),
            model=said.model_version,
            prompt=self._prompt.id,
            input_tokens=said.input_tokens,
            output_tokens=said.output_tokens,
        )


class Interpreter:
    """Interprets into any language, each by who knows it."""

    def __init__(self, usual: Translator, taigi: Translator) -> None:
        """Ask `taigi` about 台語 and `usual` about all others."""
        self._usual = usual
        self._taigi = taigi

    async def translate(self, text: str, language: str, deadline: datetime) -> Translated:
        """Return the sentence in both before the deadline, or raise NoTranslation."""
        knows = self._taigi if language == TAIGI else self._usual
        return await knows.translate(text, language, deadline)


@asynccontextmanager
async def adapters(settings: TranslationSettings, app: Service) -> AsyncGenerator[Interpreter]:
    """Open what the handlers need."""
    async with (
        gemini(
            api_key=settings.gemini_api_key.get_secret_value(),
            base_url=settings.gemini_base_url,
            model=settings.gemini_model,
            attempt_timeout=settings.gemini_timeout,
            budget=PostgresBudget(app.pool, UPSTREAM, settings.gemini_requests_per_minute),
            alarm=Alerts(app.journal).quota_used_up,
        ) as model,
        configured_taigi(settings, app.pool) as romaniser,
    ):
        yield Interpreter(GeminiTranslator(model), TaigiTranslator(model, romaniser))
