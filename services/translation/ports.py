"""What the translation service needs of the outside."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from contracts.education import FailureReason
from contracts.translation import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """A sentence in plain Chinese and in the language, and what made it."""

    direction: Direction
    plain: str
    translation: str
    model: str
    prompt: str
    input_tokens: int = 0
    output_tokens: int = 0


class NoTranslation(Exception):
    """The sentence could not be translated."""

    def __init__(self, reason: FailureReason) -> None:
        """Say why, in the words of the event."""
        super().__init__(reason)
        self.reason: FailureReason = reason


class Translator(Protocol):
    """Interprets between Chinese and a patient's language."""

    async def translate(self, text: str, language: str, deadline: datetime) -> Translated:
        """Return the sentence in both before the deadline, or raise NoTranslation."""
        ...
