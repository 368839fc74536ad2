"""What a history is made of: what came in, what went out, and what the log says about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

import msgspec

Json = dict[str, Any]
OK = 200
NO_WEBHOOKS = "no webhooks were recorded"
NO_CALLS = "no sends to LINE were recorded"


class Attempt(msgspec.Struct, frozen=True):
    """One delivery of a webhook event: when, and the gateway's status (None: no answer)."""

    at: float
    status: int | None


class Webhook(msgspec.Struct, frozen=True, tag="webhook", tag_field="record"):
    """One event that LINE sent to the bot, as it stood in the body, and how that went."""

    event: Json
    attempts: tuple[Attempt, ...] = ()

    @property
    def event_id(self) -> str:
        """LINE's name of the event."""
        return str(self.event.get("webhookEventId") or "")

    @property
    def reply_token(self) -> str:
        """The token by which it can be answered once."""
        return str(self.event.get("replyToken") or "")

    @property
    def chat(self) -> str:
        """Where its answer is to be seen: the user, or the group or room."""
        source = self.event.get("source") or {}
        return str(source.get("groupId") or source.get("roomId") or source.get("userId") or "")

    @property
    def is_acknowledged(self) -> bool:
        """Whether LINE was told that the bot has it."""
        return any(attempt.status == OK for attempt in self.attempts)


class Call(msgspec.Struct, frozen=True, kw_only=True, tag="line", tag_field="record"):
    """One send that the bot asked LINE for.

    `chat` is where LINE showed it: empty for somebody it does not deliver to. What was not
    `accepted` nobody saw.
    """

    at: float
    call: Literal["reply", "push"]
    accepted: bool
    status: int | None = None
    token: str = ""
    key: str = ""
    chat: str = ""
    ids: tuple[str, ...] = ()
    messages: tuple[Json, ...] = ()

    @property
    def text(self) -> str:
        """All words that were shown."""
        words = (each.get("text") or each.get("altText") or "" for each in self.messages)
        return "\n".join(map(str, words))


class Mail(msgspec.Struct, frozen=True, tag="mail", tag_field="record"):
    """One mail that the mail server took."""

    at: float
    to: tuple[str, ...]
    message_id: str = ""


class Fields(msgspec.Struct, frozen=True):
    """What the invariants look at in the plain part of an event; each kind has some of it."""

    webhook_event_id: str = ""
    message_id: str = ""
    kind: str = ""
    sent_at: datetime | None = None
    received_at: datetime | None = None
    over_limit: str | None = None
    request_id: str = ""
    turn_id: str = ""
    reply_id: str = ""
    outcome: str = ""
    reason: str = ""
    about: str = ""
    final: bool = True
    apology: bool = False
    channel: str = ""
    status: int = 0
    known_by: str = ""
    message_ids: tuple[str, ...] = ()


class LoggedEvent(msgspec.Struct, frozen=True, kw_only=True, tag="event", tag_field="record"):
    """One event as it stands in the log; `opened` is its personal part in the clear, if it opens.

    `at` is when it was recorded, in seconds like all times of a history.
    """

    stream: str
    version: int
    id: str
    type: str
    schema_version: int
    source: str
    at: float
    data: str
    cause: str | None = None
    turn: str | None = None
    personal: bytes | None = None
    opened: str | None = None


class Kept(msgspec.Struct, frozen=True, kw_only=True, tag="snapshot", tag_field="record"):
    """A state that was kept of a conversation, in the clear if it opens."""

    stream: str
    version: int
    format: int
    state: bytes | None = None


class Rest(msgspec.Struct, frozen=True, kw_only=True, tag="rest", tag_field="record"):
    """What the system still had to do when it was looked at; None is what nobody looked at.

    `outbox` are requests that nobody has settled, `pending` streams with input that nobody has
    looked at, `heads` where the log says that streams end.
    """

    outbox: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    dead_letters: int | None = None
    heads: dict[str, int] = msgspec.field(default_factory=dict[str, int])


class Differing(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a read model that is not what the log leads to, and how it differs."""

    table: str
    row: str
    how: str
    stream: str = ""


class Rebuilt(msgspec.Struct, frozen=True, kw_only=True, tag="rebuilt", tag_field="record"):
    """The read models made anew from the log: how many rows, and which are not the same."""

    rows: int
    differing: tuple[Differing, ...] = ()


Source = Literal["webhooks", "calls", "mails"]
"""What is told by others than the log."""


class Covers(msgspec.Struct, frozen=True, tag="covers", tag_field="record"):
    """That of these kinds everything is told, be it nothing at all, from a moment on."""

    kinds: tuple[Source, ...]
    since: float = 0.0


Record = Webhook | Call | Mail | LoggedEvent | Kept | Rest | Rebuilt | Covers


@dataclass(frozen=True, slots=True)
class Written:
    """A file that the system wrote: a log, a dump of metrics or traces."""

    name: str
    text: str


@dataclass(frozen=True)
class History:
    """Everything that is known of a run; None is what was not recorded, and so is not judged.

    What was before `since` only the log tells: whoever watched from outside had not begun.
    """

    events: Sequence[LoggedEvent] = ()
    webhooks: Sequence[Webhook] | None = None
    calls: Sequence[Call] | None = None
    mails: Sequence[Mail] | None = None
    kept: Sequence[Kept] = ()
    rest: Rest | None = None
    rebuilt: Rebuilt | None = None
    written: Sequence[Written] = field(default=())
    since: float = 0.0

    @cached_property
    def streams(self) -> Mapping[str, Sequence[LoggedEvent]]:
        """The events of each stream, in the order of their versions."""
        found: dict[str, list[LoggedEvent]] = {}
        for event in self.events:
            found.setdefault(event.stream, []).append(event)
        return {name: sorted(each, key=lambda event: event.version) for name, each in found.items()}
