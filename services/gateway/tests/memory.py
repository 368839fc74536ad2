"""An inbox in memory that can be slow or away; it passes the real one's suite."""

import asyncio
from collections.abc import Sequence
from typing import Any

from chassis.decider import derived_id
from chassis.errors import Unavailable
from contracts.base import CloudEvent, Event
from contracts.gateway import Limit
from services.gateway.tests.line import NOW


class MemoryInbox:
    """Keeps what is recorded, in order."""

    def __init__(self) -> None:
        self.recorded: list[CloudEvent[Any]] = []
        self.is_down = False
        self.people: dict[str, str] = {}
        self.said: list[str] = []
        self.open = asyncio.Event()
        self.open.set()
        self._keys: set[str] = set()

    async def record(
        self,
        stream: str,
        events: Sequence[Event],
        *,
        key: str | None = None,
        traceparent: str | None = None,
        ids: Sequence[str] | None = None,
    ) -> list[CloudEvent[Any]] | None:
        """Record as the journal does."""
        await self.open.wait()
        if self.is_down:
            raise Unavailable("the event log")
        if key in self._keys:
            return None
        self._keys.update({key} if key else ())
        self.said.append("record")
        names = ids or [derived_id(stream, str(number)) for number, _ in enumerate(events)]
        return [
            self._stands(stream, name, event, traceparent)
            for name, event in zip(names, events, strict=True)
        ]

    async def belongs(self, stream: str, person: str) -> None:
        """Note as the journal does."""
        await self.open.wait()
        if self.is_down:
            raise Unavailable("the event log")
        self.people[stream] = person
        self.said.append("belongs")

    def texts(self) -> list[str]:
        """Return the texts on record."""
        return [each.data.text for each in self.recorded]

    def _stands(
        self, stream: str, name: str, event: Event, traceparent: str | None
    ) -> CloudEvent[Any]:
        version = 1 + sum(each.stream == stream for each in self.recorded)
        stands = CloudEvent(
            id=name,
            type=event.NAME,
            source="/gateway",
            time=NOW,
            stream=stream,
            version=version,
            data=event,
            traceparent=traceparent,
        )
        self.recorded.append(stands)
        return stands


class MemoryAdmission:
    """Says of each message what it is told to, then lets in; it can be away too."""

    def __init__(self, *verdicts: Limit | None) -> None:
        self.verdicts = list(verdicts)
        self.asked: list[str] = []
        self.is_down = False

    async def admit(self, user: str) -> Limit | None:
        """Judge as the limits do."""
        if self.is_down:
            raise Unavailable("the limits")
        self.asked.append(user)
        return self.verdicts.pop(0) if self.verdicts else None
