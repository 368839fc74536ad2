"""What the notifier needs from the outside."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from contracts.base import CloudEvent, Event
from contracts.conversation import ReplyRequested
from services.notifier.delivery import Heard, Past

LINE_TIMEOUT_SECONDS = 5.0
"""How long one send to LINE may take; a claim must outlast it."""
CLAIM_SECONDS = 7.0
"""How long an answer belongs to the replica that set out to send it: should that one be killed,
another takes over within the ten seconds that a recovery may take."""


class Messenger(Protocol):
    """LINE, as far as answers go. It never raises for what LINE says or fails to say."""

    async def reply(self, token: str, messages: Sequence[dict[str, Any]]) -> Heard:
        """Send messages by a reply token."""
        ...

    async def push(self, to: str, messages: Sequence[dict[str, Any]], *, retry_key: str) -> Heard:
        """Send messages to a user or a group; the same `retry_key` is never delivered twice."""
        ...

    async def show_loading(self, user: str, *, seconds: int) -> Heard:
        """Show a user for some seconds that somebody works."""
        ...

    async def language_of(self, user: str) -> str:
        """Return the language (BCP 47) that a user's profile names; empty when nobody knows."""
        ...

    async def may_mark_as_read(self) -> bool:
        """Tell whether messages to this account are marked as read by whoever answers them."""
        ...

    async def mark_as_read(self, token: str) -> Heard:
        """Show the user that a message was read."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to make one attempt at an answer, and what earlier attempts have taught.

    `at` is when it was given, by the one clock that all replicas share: the ledger's.
    """

    reply_id: str
    attempt: int
    past: Past
    at: datetime = field(compare=False)


@dataclass(frozen=True, slots=True)
class Held:
    """Not now: the answer whose event is `earlier` goes first, or somebody is sending this one."""

    earlier: str | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """Never again: the answer is delivered or refused already."""


class Ledger(Protocol):
    """What we are about to send, written down before it is sent.

    Every method raises chassis.errors.Unavailable when nothing can be written now.
    """

    async def claim(self, asked: CloudEvent[ReplyRequested]) -> Claim | Held | Settled:
        """Write down the intent to send this answer now, if it is its turn and nobody else's."""
        ...

    async def renew(self, claim: Claim, past: Past) -> Claim | None:
        """Write down another attempt that knows more; None when the claim was lost meanwhile."""
        ...

    async def release(self, claim: Claim, past: Past) -> None:
        """Let go of a claim after an attempt that has to be made again, after a pause."""
        ...

    async def is_being_answered(self, turn_id: str) -> bool:
        """Tell whether anybody has ever set out to send the answer of this turn.

        Word that it takes longer is none.
        """
        ...


class Record(Protocol):
    """The event log, as far as deliveries are put on record in it."""

    async def record(  # noqa: PLR0913 (the chassis' signature)
        self,
        stream: str,
        events: Sequence[Event],
        *,
        key: str | None = None,
        ids: Sequence[str] | None = None,
        turn: str | None = None,
        cause: CloudEvent[Any] | None = None,
        wakes: bool = True,
        settles: Sequence[str] = (),
    ) -> list[CloudEvent[Any]] | None:
        """Append events wherever the stream ends; None when `key` was used before."""
        ...

    async def read_event(self, event_id: str) -> CloudEvent[Any] | None:
        """Return one event of the log."""
        ...
