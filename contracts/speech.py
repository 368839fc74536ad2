"""What the speech service says."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from contracts.base import Personal
from contracts.education import FailureReason


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptionReady:
    """What a voice message says, written down; the recording is archived under `object_key`."""

    NAME: ClassVar[str] = "speech.transcription_ready"
    VERSION: ClassVar[int] = 1

    request_id: str
    made_at: datetime
    model: str
    prompt: str
    input_tokens: int = 0
    output_tokens: int = 0
    text: Personal[str] = ""
    object_key: Personal[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptionFailed:
    """A voice message could not be written down."""

    NAME: ClassVar[str] = "speech.transcription_failed"
    VERSION: ClassVar[int] = 1

    request_id: str
    failed_at: datetime
    reason: FailureReason


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioSynthesized:
    """A text read aloud: an object in the store and its true length in milliseconds.

    The object is removed after `expires_at`.
    """

    NAME: ClassVar[str] = "speech.audio_synthesized"
    VERSION: ClassVar[int] = 1

    request_id: str
    made_at: datetime
    model: str
    duration_ms: int
    prompt: str = ""
    expires_at: datetime | None = None
    object_key: Personal[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechFailed:
    """A text could not be read aloud."""

    NAME: ClassVar[str] = "speech.failed"
    VERSION: ClassVar[int] = 1

    request_id: str
    failed_at: datetime
    reason: FailureReason
