"""What waits in a conversation's mailbox to be decided: its share of each input event.

msgspec Structs for the reason given in state.py; their shapes belong to the same FORMAT.
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from contracts.answer import Reference
from contracts.education import FailureReason
from contracts.gateway import NOBODY, Recipient
from contracts.translation import Direction

SaidKind = Literal[
    "text",
    "postback",
    "follow",
    "audio",
    "image",
    "video",
    "file",
    "location",
    "sticker",
    "unknown",
    "too_long",
    "unsent",
]
GivenUpReason = FailureReason | Literal["deadline"]
NoteKind = Literal["unfollowed", "unknown", "unasked"]


class Said(Struct, frozen=True, kw_only=True, tag=True):
    """Something a user said or did that gets exactly one answer: a turn."""

    id: str
    arrival: int
    kind: SaidKind
    sent_at: datetime
    received_at: datetime
    message_id: str = ""
    text: str = ""
    recipient: Recipient = NOBODY
    reply_token: str = ""
    traceparent: str | None = None

    @property
    def turn(self) -> str:
        """The turn it opens: its own."""
        return self.id

    @property
    def place(self) -> tuple[datetime, int]:
        """Its place among what the user said: the messenger's time, then our order."""
        return self.sent_at, self.arrival


class LeafletMade(Struct, frozen=True, kw_only=True, tag=True):
    """A worker's leaflet, revision or translation of one."""

    id: str
    request_id: str
    text: str
    references: tuple[Reference, ...] = ()
    turn: str | None = None
    traceparent: str | None = None


class SentenceMade(Struct, frozen=True, kw_only=True, tag=True):
    """A worker's plain Chinese and translation of one sentence."""

    id: str
    request_id: str
    direction: Direction
    plain: str
    translation: str
    turn: str | None = None
    traceparent: str | None = None


class Failure(Struct, frozen=True, kw_only=True, tag=True):
    """No result for a request: a worker gave up, or the time did."""

    id: str
    request_id: str
    reason: GivenUpReason
    turn: str | None = None
    traceparent: str | None = None


class Idled(Struct, frozen=True, kw_only=True, tag=True):
    """Nobody said anything for long, when the stream was looked at up to `seen_version`."""

    id: str
    seen_version: int
    turn: str | None = None
    traceparent: str | None = None


class Note(Struct, frozen=True, kw_only=True, tag=True):
    """An input that is recorded and never answered."""

    id: str
    kind: NoteKind
    turn: str | None = None
    traceparent: str | None = None


class Unsent(Struct, frozen=True, kw_only=True, tag=True):
    """The user took a message back."""

    id: str
    message_id: str
    turn: str | None = None
    traceparent: str | None = None


Pending = Said | LeafletMade | SentenceMade | Failure | Idled | Note | Unsent
