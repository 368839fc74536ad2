"""What the speech service needs of the outside."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chassis.gemini_speech import Sound
from contracts.base import CloudEvent
from contracts.education import FailureReason
from services.speech.kinds import Kind


class NoResult(Exception):
    """What was asked for could not be made."""

    def __init__(self, reason: FailureReason) -> None:
        """Say why, in the words of the event."""
        super().__init__(reason)
        self.reason: FailureReason = reason


@dataclass(frozen=True, slots=True)
class Recording:
    """A voice message as its user sent it."""

    kind: Kind
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What a voice message says, and what wrote it down."""

    text: str
    model: str
    prompt: str
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A text of a conversation to be read aloud; `reading` is its Taigi romanisation, if known."""

    stream: str
    text: str
    language: str
    reading: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uttered:
    """A text read aloud, piece after piece, and what read it."""

    sounds: tuple[Sound, ...]
    model: str
    prompt: str = ""


class Recordings(Protocol):
    """Where voice messages come from."""

    async def fetch(self, message_id: str, deadline: datetime) -> Recording:
        """Return a voice message before the deadline, or raise NoResult."""
        ...


class Transcriber(Protocol):
    """Writes down what is said."""

    async def transcribe(self, sound: Sound, language: str, deadline: datetime) -> Transcript:
        """Return what is said, in Chinese or in `language`, or raise NoResult."""
        ...


class Voice(Protocol):
    """Reads aloud."""

    async def speak(self, script: Script, deadline: datetime) -> Uttered:
        """Return a text read aloud before the deadline, or raise NoResult."""
        ...


class Archive(Protocol):
    """Keeps copies without anybody waiting for them."""

    def keep(
        self,
        made_for: CloudEvent[Any],
        key: str,
        data: bytes,
        *,
        content_type: str,
        words_of: str = "",
    ) -> None:
        """Begin to keep a copy under a key; a failure is counted, never raised."""
        ...


class Objects(Protocol):
    """Keeps objects, sealed with the key of their stream."""

    async def put(
        self,
        made_for: CloudEvent[Any],
        key: str,
        data: bytes,
        *,
        content_type: str,
        words_of: str = "",
    ) -> bool:
        """Keep an object, or raise Unavailable; False when nobody may have it any more."""
        ...


class Removable(Protocol):
    """Objects that can be found and removed."""

    async def list_keys(self, prefix: str) -> list[str]:
        """Return the keys that begin with `prefix`, or raise Unavailable."""
        ...

    async def delete(self, *keys: str) -> None:
        """Remove objects, or raise Unavailable; what is not there is removed already."""
        ...
