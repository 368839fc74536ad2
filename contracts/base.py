"""What every event has: a wire name, a version, and fields that say which of them are personal."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Annotated, Any, ClassVar, Generic, Protocol, TypeVar, get_type_hints

T = TypeVar("T")
PERSONAL = "personal"
Personal = Annotated[T, PERSONAL]
"""A field encrypted in the log and on the bus with its user's own key.

It needs a default: that is what a reader gets once the user has had the key destroyed."""


class Event(Protocol):
    """A fact with a wire name that outlives the class that carries it."""

    NAME: ClassVar[str]
    VERSION: ClassVar[int]


E_co = TypeVar("E_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudEvent(Generic[E_co]):
    """One event as it stands in the log and travels on the bus, with its CloudEvents attributes.

    `stream` is the conversation (a pseudonym), `version` the event's place in it (1..n),
    `cause` the event that led to this one and `turn` the message everybody is working for.
    """

    id: str
    type: str
    source: str
    time: datetime
    stream: str
    version: int
    data: E_co
    cause: str | None = None
    turn: str | None = None
    traceparent: str | None = None
    specversion: str = "1.0"


def personal_fields(event: type[Event]) -> frozenset[str]:
    """Return the names of the fields of `event` that are encrypted."""
    hints = get_type_hints(event, include_extras=True)
    return frozenset(name for name, hint in hints.items() if PERSONAL in _marks(hint))


def field_names(event: type[Any]) -> tuple[str, ...]:
    """Return the names of all fields of `event`, in order of declaration."""
    return tuple(field.name for field in fields(event))


def _marks(hint: object) -> Iterable[object]:
    return getattr(hint, "__metadata__", ())
