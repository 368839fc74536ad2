"""What the education service says."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from contracts.answer import Reference
from contracts.base import Personal

FailureReason = Literal[
    "unavailable", "blocked", "empty", "malformed", "rejected", "late", "too_large", "gone", "off"
]
"""Why there is no result: upstream down or over its limits · withheld by the model's safety
rules · nothing said · not in the form asked for · our request refused · out of time · more than
we take · no longer there to be fetched · not set up by the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EducationReady:
    """A leaflet, a revision or a translation, with the model that made it."""

    NAME: ClassVar[str] = "education.ready"
    VERSION: ClassVar[int] = 1

    request_id: str
    made_at: datetime
    model: str
    prompt: str
    cached: bool = False
    input_tokens: int = 0
    output_tokens: int = 0
    text: Personal[str] = ""
    references: Personal[tuple[Reference, ...]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EducationFailed:
    """No leaflet could be made."""

    NAME: ClassVar[str] = "education.failed"
    VERSION: ClassVar[int] = 1

    request_id: str
    failed_at: datetime
    reason: FailureReason
