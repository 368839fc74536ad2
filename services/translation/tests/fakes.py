"""An interpreter and a log, as small as the tests need them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from chassis.errors import Unavailable
from contracts.base import CloudEvent, Event
from contracts.education import FailureReason
from services.translation.ports import NoTranslation, Translated


@dataclass
class FakeTranslator:
    """Translates by putting words before the text, or fails as it is told."""

    reason: FailureReason | None = None
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    async def translate(self, text: str, language: str, deadline: datetime) -> Translated:
        if deadline <= datetime.now(UTC):
            raise NoTranslation("late")
        self.asked.append((text, language))
        if self.reason:
            raise NoTranslation(self.reason)
        return Translated(
            direction="from_chinese",
            plain=f"白話：{text}",
            translation=f"{language}：{text}",
            model="fake-1",
            prompt="translate.v1",
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
