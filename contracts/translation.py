"""What the translation service says."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from contracts.base import Personal
from contracts.education import FailureReason

Direction = Literal["from_chinese", "into_chinese"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationReady:
    """A sentence in plain Chinese and in the language; `direction` says who spoke."""

    NAME: ClassVar[str] = "translation.ready"
    VERSION: ClassVar[int] = 1

    request_id: str
    made_at: datetime
    direction: Direction
    model: str
    prompt: str
    input_tokens: int = 0
    output_tokens: int = 0
    plain: Personal[str] = ""
    translation: Personal[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationFailed:
    """No translation could be made."""

    NAME: ClassVar[str] = "translation.failed"
    VERSION: ClassVar[int] = 1

    request_id: str
    failed_at: datetime
    reason: FailureReason
