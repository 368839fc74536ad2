"""The outside of the speech service and a log, as small as the tests need them."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from chassis.errors import Unavailable
from chassis.gemini_speech import Sound
from contracts.base import CloudEvent, Event
from contracts.education import FailureReason
from services.speech.kinds import WAV
from services.speech.ports import NoResult, Recording, Script, Transcript, Uttered
from services.speech.tests.sounds import tone


@dataclass
class FakeRecordings:
    """Has one recording for everybody, or fails as told."""

    recording: Recording = field(default_factory=lambda: Recording(WAV, tone(0.5)))
    reason: FailureReason | None = None
    asked: list[str] = field(default_factory=list[str])

    async def fetch(self, message_id: str, deadline: datetime) -> Recording:
        if deadline <= datetime.now(UTC):
            raise NoResult("late")
        self.asked.append(message_id)
        if self.reason:
            raise NoResult(self.reason)
        return self.recording


@dataclass
class FakeTranscriber:
    """Hears the same everywhere, or fails as told."""

    reason: FailureReason | None = None
    heard: list[tuple[Sound, str]] = field(default_factory=list[tuple[Sound, str]])

    async def transcribe(self, sound: Sound, language: str, deadline: datetime) -> Transcript:
        if deadline <= datetime.now(UTC):
            raise NoResult("late")
        self.heard.append((sound, language))
        if self.reason:
            raise NoResult(self.reason)
        return Transcript(
            text="我肚子痛",
            model="fake-1",
            prompt="transcribe.v1",
            input_tokens=7,
            output_tokens=3,
        )


@dataclass
class FakeVoice:
    """Says a tone, or fails as told."""

    reason: FailureReason | None = None
    sounds: tuple[Sound, ...] = field(
        default_factory=lambda: (Sound("audio/wav", tone(0.5)), Sound("audio/wav", tone(0.25)))
    )
    read: list[Script] = field(default_factory=list[Script])

    async def speak(self, script: Script, deadline: datetime) -> Uttered:
        if deadline <= datetime.now(UTC):
            raise NoResult("late")
        self.read.append(script)
        if self.reason:
            raise NoResult(self.reason)
        return Uttered(sounds=self.sounds, model="fake-1", prompt="speak.v1")


@dataclass
class FakeObjects:
    """Keeps objects in memory, also as an archive; `down` keeps none, nor what is taken back."""

    down: bool = False
    taken_back: frozenset[str] = frozenset()
    kept: dict[tuple[str, str], tuple[bytes, str]] = field(
        default_factory=dict[tuple[str, str], tuple[bytes, str]]
    )

    async def put(
        self,
        made_for: CloudEvent[Any],
        key: str,
        data: bytes,
        *,
        content_type: str,
        words_of: str = "",
    ) -> bool:
        await asyncio.sleep(0)
        if self.down:
            raise Unavailable("the store")
        self.keep(made_for, key, data, content_type=content_type, words_of=words_of)
        return words_of not in self.taken_back

    def keep(
        self,
        made_for: CloudEvent[Any],
        key: str,
        data: bytes,
        *,
        content_type: str,
        words_of: str = "",
    ) -> None:
        if words_of not in self.taken_back:
            self.kept[made_for.stream, key] = (data, content_type)

    async def list_keys(self, prefix: str) -> list[str]:
        return sorted(key for _, key in self.kept if key.startswith(prefix))

    async def delete(self, *keys: str) -> None:
        for place in [place for place in self.kept if place[1] in keys]:
            del self.kept[place]


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
