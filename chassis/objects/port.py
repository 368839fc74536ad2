"""Where objects lie: one port for JetStream's object store and for S3."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An object as it lies in a store."""

    data: bytes
    content_type: str
    stored_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An object as a list shows it: its bytes are those that lie in the store."""

    key: str
    size: int
    stored_at: datetime


class ObjectStore(Protocol):
    """Keeps objects under keys like `tts_audio/<stream>/<id>.m4a`.

    Every method raises chassis.errors.Unavailable when the store does not answer.
    """

    async def put(self, key: str, data: bytes, *, content_type: str) -> None:
        """Keep an object; one that is there already is replaced."""
        ...

    async def get(self, key: str) -> Stored | None:
        """Return an object; None when there is none."""
        ...

    async def delete(self, *keys: str) -> None:
        """Remove objects; what is not there is removed already."""
        ...

    async def list_objects(self, prefix: str) -> list[Listed]:
        """Return what lies under keys that begin with `prefix`, by key; nothing is read."""
        ...

    async def tidy(self) -> int:
        """Remove what interrupted puts left behind and return how many those were."""
        ...
