"""A writer and a log, as small as the tests need them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from chassis.errors import Unavailable
from contracts.answer import Reference
from contracts.base import CloudEvent, Event
from contracts.education import FailureReason
from services.education.ports import Leaflet, NoLeaflet

SOURCE = Reference(title="國健署", url="https://www.hpa.gov.tw")


@dataclass
class FakeWriter:
    """Writes one line, or fails as it is told."""

    reason: FailureReason | None = None
    asked: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])

    async def write(self, topic: str, deadline: datetime) -> Leaflet:
        return self._made("leaflet.v1", (topic,), deadline, SOURCE)

    async def revise(self, leaflet: str, instruction: str, deadline: datetime) -> Leaflet:
        return self._made("modify_leaflet.v1", (leaflet, instruction), deadline, SOURCE)

    async def translate(self, leaflet: str, language: str, deadline: datetime) -> Leaflet:
        return self._made("translate_leaflet.v1", (leaflet, language), deadline)

    def _made(
        self, prompt: str, words: tuple[str, ...], deadline: datetime, *references: Reference
    ) -> Leaflet:
        if deadline <= datetime.now(UTC):
            raise NoLeaflet("late")
        self.asked.append((prompt, *words))
        if self.reason:
            raise NoLeaflet(self.reason)
        return Leaflet(
            text=" / ".join(words),
            model="fake-1",
            prompt=prompt,
            references=references,
            input_tokens=7,
            output_tokens=3,
        )


@dataclass
class FakeJournal:
    """Takes the first result of each request, as the log does."""

    settled: set[str] = field(default_factory=set[str])
    results: list[Event] = field(default_factory=list[Event])
    down: bool = False

    async def is_settled(self, asked: CloudEvent[Any]) -> bool:
        return asked.id in self.settled

    async def answer(self, asked: CloudEvent[Any], result: Event) -> bool:
        if self.down:
            raise Unavailable("the event log")
        if asked.id in self.settled:
            return False
        self.settled.add(asked.id)
        self.results.append(result)
        return True
