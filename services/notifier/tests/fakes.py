"""LINE, the ledger and the log, as small as the tests need them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from chassis.errors import Unavailable
from contracts.base import CloudEvent, Event
from contracts.conversation import ReplyRequested
from services.notifier.addresses import PublicAddress
from services.notifier.delivery import NOTHING_TRIED, Accepted, Heard, Past
from services.notifier.drafts import Drafts
from services.notifier.ports import Claim, Held, Settled
from services.notifier.tests.given import NOW


@dataclass
class FakeMessenger:
    """Answers with what `says` holds, in order; then accepts everything."""

    says: list[Heard] = field(default_factory=list[Heard])
    calls: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    loading_may_end: asyncio.Event | None = None
    quotes: list[str | None] = field(default_factory=list[str | None])
    languages: dict[str, str] = field(default_factory=dict[str, str])
    marks_by_hand: bool = True

    async def reply(self, token: str, messages: Sequence[dict[str, Any]]) -> Heard:
        self.quotes.append(messages[0].get("quoteToken"))
        return self._call("reply", token, messages[0]["text"])

    async def push(self, to: str, messages: Sequence[dict[str, Any]], *, retry_key: str) -> Heard:
        return self._call("push", to, messages[0]["text"], retry_key)

    async def show_loading(self, user: str, *, seconds: int) -> Heard:
        self.calls.append(("loading", user, seconds))
        if self.loading_may_end is not None:
            await self.loading_may_end.wait()
        self.calls.append(("loading ended",))
        return Accepted()

    async def language_of(self, user: str) -> str:
        return self.languages.get(user, "")

    async def may_mark_as_read(self) -> bool:
        self.calls.append(("info",))
        return self.marks_by_hand

    async def mark_as_read(self, token: str) -> Heard:
        return self._call("read", token)

    def kinds(self) -> list[str]:
        return [call[0] for call in self.calls]

    def _call(self, *call: Any) -> Heard:
        self.calls.append(call)
        return self.says.pop(0) if self.says else Accepted(("m1",))


class FakeLinks:
    """Names links by what they lead to."""

    def sign(self, object_key: str, *, now: datetime) -> str:
        return f"{object_key.replace('/', '-')}-{now:%H%M}"


def drafts(messenger: FakeMessenger, base_url: str | None = "https://bot.tw") -> Drafts:
    """Return drafts that are written at NOW."""
    return Drafts(messenger, PublicAddress(base_url, FakeLinks()), now=lambda: NOW)


@dataclass
class FakeLedger:
    """One claim at a time, as Postgres keeps it."""

    found: list[Held | Settled] = field(default_factory=list[Held | Settled])
    past: Past = NOTHING_TRIED
    attempt: int = 0
    at: datetime = NOW
    lost: bool = False
    answered: set[str] = field(default_factory=set[str])
    released: list[Past] = field(default_factory=list[Past])

    async def claim(self, asked: CloudEvent[ReplyRequested]) -> Claim | Held | Settled:
        if self.found:
            return self.found.pop(0)
        self.attempt += 1
        if asked.data.final:
            self.answered.add(asked.data.turn_id)
        return Claim(reply_id=asked.data.reply_id, attempt=self.attempt, past=self.past, at=self.at)

    async def renew(self, claim: Claim, past: Past) -> Claim | None:
        if self.lost:
            return None
        self.attempt, self.past = claim.attempt + 1, past
        return replace(claim, attempt=self.attempt, past=past)

    async def release(self, claim: Claim, past: Past) -> None:
        assert claim.attempt == self.attempt
        self.past = past
        self.released.append(past)

    async def is_being_answered(self, turn_id: str) -> bool:
        return turn_id in self.answered


@dataclass
class FakeRecord:
    """Remembers what was recorded under which key; `down` times it is away first."""

    down: int = 0
    facts: dict[str, Event] = field(default_factory=dict[str, Event])
    settled: list[str] = field(default_factory=list[str])
    streams: list[str] = field(default_factory=list[str])
    events: dict[str, CloudEvent[Any]] = field(default_factory=dict[str, CloudEvent[Any]])

    async def read_event(self, event_id: str) -> CloudEvent[Any] | None:
        return self.events.get(event_id)

    async def record(
        self,
        stream: str,
        events: Sequence[Event],
        *,
        key: str | None = None,
        settles: Sequence[str] = (),
        **_: Any,
    ) -> list[CloudEvent[Any]] | None:
        if self.down:
            self.down -= 1
            raise Unavailable("the event log")
        if key in self.facts:
            return None
        self.facts[key or ""] = events[0]
        self.settled += settles
        self.streams.append(stream)
        return []
