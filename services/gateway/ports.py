"""What the door needs from the outside."""

from collections.abc import Sequence
from typing import Any, Protocol

from contracts.base import CloudEvent, Event
from contracts.gateway import Limit


class Inbox(Protocol):
    """Where an input is recorded, once however often it comes."""

    async def record(
        self,
        stream: str,
        events: Sequence[Event],
        *,
        key: str | None = None,
        traceparent: str | None = None,
        ids: Sequence[str] | None = None,
    ) -> list[CloudEvent[Any]] | None:
        """Return what was recorded; None when `key` was used before.

        Raises chassis.errors.Unavailable when nothing can be recorded now.
        """
        ...

    async def belongs(self, stream: str, person: str) -> None:
        """Note that a conversation in a group is one of the person's with that direct stream.

        Raises chassis.errors.Unavailable when that cannot be noted now.
        """
        ...


class Admission(Protocol):
    """Who may have a message worked on now."""

    async def admit(self, user: str) -> Limit | None:
        """Let in a message of a user (a pseudonym), or return the limit that it is over.

        Raises chassis.errors.Unavailable when that cannot be told now.
        """
        ...
