"""The upstreams behind the workers: quick, slow, failing, hanging, or plainly broken."""

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import NoReturn

from chassis.clock import now
from chassis.errors import Unavailable
from contracts.answer import Reference
from contracts.education import FailureReason
from services.education.ports import Leaflet, NoLeaflet
from services.translation.ports import NoTranslation, Translated
from tests.simulation.loop import passing

SOURCE = Reference(title="國民健康署", url="https://www.hpa.gov.tw")
REASONS: tuple[FailureReason, ...] = ("unavailable", "empty", "blocked")
FIRST_HANG = 40.0
LONGEST_HANG = 120.0
"""Longer than this nobody waits for a call, whatever the deadline: a clock may be an hour off."""


class Broken(Exception):
    """A bug in a worker."""


@dataclass
class Moods:
    """How the models are today: each is a share of all calls."""

    chance: Random
    slow: float = 0.0
    failing: float = 0.0
    hanging: float = 0.0
    away: float = 0.0
    broken: float = 0.0
    usual: float = 3.0

    async def work(self, deadline: datetime) -> FailureReason | None:
        """Take as long as such a call takes; return why it failed, if it did."""
        left = (deadline - now()).total_seconds()
        mood = self.chance.random()
        if mood < self.hanging:
            await passing(min(max(left, 0.0), LONGEST_HANG))
            return "late"
        if (mood := mood - self.hanging) < self.slow:
            await passing(min(max(left, 0.0), FIRST_HANG * (0.5 + self.chance.random())))
            return None if now() < deadline else "late"
        await passing(self.chance.random() * self.usual)
        if (mood := mood - self.slow) < self.broken:
            raise Broken
        if (mood := mood - self.broken) < self.away:
            raise Unavailable("the model")
        return self.chance.choice(REASONS) if mood - self.away < self.failing else None


@dataclass
class SomeWriter:
    """Writes leaflets that say what was asked for."""

    moods: Moods

    async def write(self, topic: str, deadline: datetime) -> Leaflet:
        return await self._made(f"衛教：{topic}", "leaflet.v1", deadline)

    async def revise(self, leaflet: str, instruction: str, deadline: datetime) -> Leaflet:
        return await self._made(f"{leaflet}（{instruction}）", "modify_leaflet.v1", deadline)

    async def translate(self, leaflet: str, language: str, deadline: datetime) -> Leaflet:
        return await self._made(f"{language}：{leaflet}", "translate_leaflet.v1", deadline)

    async def _made(self, text: str, prompt: str, deadline: datetime) -> Leaflet:
        reason = await self.moods.work(deadline)
        if reason is not None:
            raise NoLeaflet(reason)
        return Leaflet(text=text, model="m", prompt=prompt, references=(SOURCE,))


@dataclass
class SomeTranslator:
    """Translates sentences into something that repeats them."""

    moods: Moods

    async def translate(self, text: str, language: str, deadline: datetime) -> Translated:
        reason = await self.moods.work(deadline)
        if reason is not None:
            _refuse(reason)
        said = f"{language}: {text}"
        return Translated(
            direction="from_chinese", plain=text, translation=said, model="m", prompt="p"
        )


def _refuse(reason: FailureReason) -> NoReturn:
    raise NoTranslation(reason)
