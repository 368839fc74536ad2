"""Gemini as the writer of leaflets, resting on what it finds on the web."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from chassis.alerts import Alerts
from chassis.app import Service
from chassis.errors import Unavailable
from chassis.gemini import UPSTREAM, Gemini, Recipe, failure_reason, gemini, recipe
from chassis.gemini_failures import ModelFailed
from chassis.limits import PostgresBudget
from chassis.prompts import read_prompt
from services.education.cache import CachedWriter, Edition, LeafletCache, tidy
from services.education.plain import plain_text
from services.education.ports import Leaflet, NoLeaflet, Writer
from services.education.settings import EducationSettings

PACKAGE = "services.education"


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of question, prepared, and the id of its prompt."""

    prompt: str
    recipe: Recipe


def _task(name: str, *, version: int, searching: bool) -> Task:
    prompt = read_prompt(PACKAGE, name, version=version)
    return Task(prompt.id, recipe(prompt.text, searching=searching))


class GeminiWriter:
    """Writes, revises and translates leaflets through Gemini."""

    def __init__(self, model: Gemini) -> None:
        """Read the prompts and prepare the questions, once."""
        self._model = model
        self._leaflet = _task("leaflet", version=1, searching=True)
        self._modify = _task("modify_leaflet", version=1, searching=True)
        self._translate = _task("translate_leaflet", version=1, searching=False)

    @property
    def leaflet_prompt(self) -> str:
        """The id of the prompt that leaflets are written with."""
        return self._leaflet.prompt

    async def write(self, topic: str, deadline: datetime) -> Leaflet:
        """Return a leaflet in Traditional Chinese on a topic."""
        return await self._made(self._leaflet, {"task": "leaflet", "topic": topic}, deadline)

    async def revise(self, leaflet: str, instruction: str, deadline: datetime) -> Leaflet:
        """Return the leaflet changed as the instruction says."""
        data = {"task": "modify_leaflet", "leaflet": leaflet, "instruction": instruction}
        return await self._made(self._modify, data, deadline)

    async def translate(self, leaflet: str, language: str, deadline: datetime) -> Leaflet:
        """Return the leaflet in another language."""
        data = {"task": "translate_leaflet", "leaflet": leaflet, "language": language}
        return await self._made(self._translate, data, deadline)

    async def _made(self, task: Task, data: Mapping[str, str], deadline: datetime) -> Leaflet:
        try:
            said = await self._model.ask(task.recipe, data, deadline=deadline)
        except (ModelFailed, Unavailable) as error:
            raise NoLeaflet(failure_reason(error)) from error
        text = plain_text(said.text)
        if not text:
            raise NoLeaflet("empty")
        return Leaflet(
            text=text,
            model=said.model_version,
            prompt=task.prompt,
            references=said.references,
            input_tokens=said.input_tokens,
            output_tokens=said.output_tokens,
        )


@asynccontextmanager
async def adapters(settings: EducationSettings, app: Service) -> AsyncGenerator[Writer]:
    """Open what the handlers need."""
    async with gemini(
        api_key=settings.gemini_api_key.get_secret_value(),
        base_url=settings.gemini_base_url,
        model=settings.gemini_model,
        attempt_timeout=settings.gemini_timeout,
        budget=PostgresBudget(app.pool, UPSTREAM, settings.gemini_requests_per_minute),
        alarm=Alerts(app.journal).quota_used_up,
    ) as model:
        writer = GeminiWriter(model)
        yield _remembering(writer, settings, app) if settings.leaflet_cache else writer


def _remembering(writer: GeminiWriter, settings: EducationSettings, app: Service) -> CachedWriter:
    cache = LeafletCache(
        app.pool,
        Edition(prompt=writer.leaflet_prompt, model=settings.gemini_model),
        secret=settings.gemini_api_key.get_secret_value().encode(),
        kept=settings.leaflet_cache,
    )
    app.spawn(lambda: tidy(cache), "tidy leaflets")
    return CachedWriter(writer, cache)
