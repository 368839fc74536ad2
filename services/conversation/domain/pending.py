"""What waits in a conversation's mailbox to be decided: its share of each input event.

msgspec Structs for the reason given in state.py; their shapes belong to the same FORMAT.
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from contracts.answer import Reference
from contracts.conversation import DeadlineKind, OpenTurn
from contracts.education import FailureReason
from contracts.gateway import NOBODY, ContentProvider, Limit, Recipient
from contracts.notifier import EmailFailureReason
from contracts.translation import Direction

SaidKind = Literal[
    "text",
    "postback",
    "follow",
    "join",
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
GivenUpReason = FailureReason | EmailFailureReason | Literal["deadline", "broken"]
"""Besides the workers' reasons: nothing came in time · something of ours is broken."""
NoteKind = Literal["unfollowed", "unknown"]


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
    quote_token: str | None = None
    read_token: str = ""
    duration_ms: int | None = None
    content_provider: ContentProvider = "line"
    over_limit: Limit | None = None
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


class TranscriptMade(Struct, frozen=True, kw_only=True, tag=True):
    """What a worker heard in a voice message."""

    id: str
    request_id: str
    text: str
    turn: str | None = None
    traceparent: str | None = None


class AudioMade(Struct, frozen=True, kw_only=True, tag=True):
    """A text that a worker read aloud."""

    id: str
    request_id: str
    object_key: str
    duration_ms: int
    expires_at: datetime | None = None
    turn: str | None = None
    traceparent: str | None = None


class MailSent(Struct, frozen=True, kw_only=True, tag=True):
    """A mail server took the mail."""

    id: str
    request_id: str
    turn: str | None = None
    traceparent: str | None = None


class Failure(Struct, frozen=True, kw_only=True, tag=True):
    """No result for a request: a worker gave up, or the time did."""

    id: str
    request_id: str
    reason: GivenUpReason
    turn: str | None = None
    traceparent: str | None = None


class Lapsed(Struct, frozen=True, kw_only=True, tag=True):
    """The reply token of the turn in hand runs out, or nobody tapped for the answer held."""

    id: str
    request_id: str
    about: DeadlineKind
    passed_at: datetime
    turn: str | None = None
    traceparent: str | None = None


class Parked(Struct, frozen=True, kw_only=True, tag=True):
    """Nobody could handle a message about an event: a request, or an input that waits."""

    id: str
    event_id: str
    turn: str | None = None
    traceparent: str | None = None


class Exported(Struct, frozen=True, kw_only=True, tag=True):
    """All that is kept of the user, in one object."""

    id: str
    request_id: str
    object_key: str
    turn: str | None = None
    traceparent: str | None = None


class Erased(Struct, frozen=True, kw_only=True, tag=True):
    """All that was kept is destroyed; these turns are still owed an answer."""

    id: str
    request_id: str
    recipient: Recipient
    turns: tuple[OpenTurn, ...] = ()
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


Made = LeafletMade | SentenceMade | TranscriptMade | AudioMade | MailSent | Exported
"""What workers make of a request."""

Pending = Said | Made | Failure | Parked | Lapsed | Erased | Idled | Note | Unsent
