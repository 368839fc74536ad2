"""What the education service needs of the outside."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from contracts.answer import Reference
from contracts.education import FailureReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaflet:
    """A leaflet in plain text with its sources, and what made it; `cached`: for somebody before."""

    text: str
    model: str
    prompt: str
    references: tuple[Reference, ...] = ()
    input_tokens: int = 0
    output_tokens: int = 0
    cached: bool = False


class NoLeaflet(Exception):
    """The leaflet could not be made."""

    def __init__(self, reason: FailureReason) -> None:
        """Say why, in the words of the event."""
        super().__init__(reason)
        self.reason: FailureReason = reason


class Writer(Protocol):
    """Writes leaflets for patients; each method raises NoLeaflet where it can't in time."""

    async def write(self, topic: str, deadline: datetime) -> Leaflet:
        """Return a leaflet in Traditional Chinese on a topic."""
        ...

    async def revise(self, leaflet: str, instruction: str, deadline: datetime) -> Leaflet:
        """Return the leaflet changed as the instruction says."""
        ...

    async def translate(self, leaflet: str, language: str, deadline: datetime) -> Leaflet:
        """Return the leaflet in another language."""
        ...
