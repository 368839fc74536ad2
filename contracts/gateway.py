"""What the door heard from a messenger: the raw inputs of a conversation."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from contracts.base import Personal

Limit = Literal["user", "all"]
"""Which limit a message is over: its user's own, or that of all users together."""
ContentProvider = Literal["line", "external"]
MessageKind = Literal["text", "audio", "image", "video", "file", "location", "sticker", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Whom an answer goes to: a user, or a user within a group or room."""

    user: str = ""
    group: str | None = None


NOBODY = Recipient()


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived:
    """A user wrote or sent something; `sent_at` is the messenger's clock, `received_at` ours.

    `duration_ms` is that of a voice message, where the messenger says it; what an `external`
    provider holds cannot be fetched from the messenger. `over_limit`: not to be worked on.
    """

    NAME: ClassVar[str] = "gateway.message_received"
    VERSION: ClassVar[int] = 1

    webhook_event_id: str
    message_id: str
    kind: MessageKind
    sent_at: datetime
    received_at: datetime
    redelivered: bool = False
    duration_ms: int | None = None
    content_provider: ContentProvider = "line"
    over_limit: Limit | None = None
    recipient: Personal[Recipient] = NOBODY
    text: Personal[str] = ""
    reply_token: Personal[str] = ""
    quote_token: Personal[str | None] = None
    read_token: Personal[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostbackReceived:
    """A user tapped a button that carries data of ours."""

    NAME: ClassVar[str] = "gateway.postback_received"
    VERSION: ClassVar[int] = 1

    webhook_event_id: str
    sent_at: datetime
    received_at: datetime
    redelivered: bool = False
    over_limit: Limit | None = None
    recipient: Personal[Recipient] = NOBODY
    data: Personal[str] = ""
    reply_token: Personal[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFollowed:
    """A user added the bot as a friend, or unblocked it."""

    NAME: ClassVar[str] = "gateway.user_followed"
    VERSION: ClassVar[int] = 1

    webhook_event_id: str
    sent_at: datetime
    received_at: datetime
    recipient: Personal[Recipient] = NOBODY
    reply_token: Personal[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserUnfollowed:
    """A user blocked the bot: recorded, never answered."""

    NAME: ClassVar[str] = "gateway.user_unfollowed"
    VERSION: ClassVar[int] = 1

    webhook_event_id: str
    sent_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupJoined:
    """The bot was added to a group or room: nobody in it has spoken to it yet."""

    NAME: ClassVar[str] = "gateway.group_joined"
    VERSION: ClassVar[int] = 1

    webhook_event_id: str
    sent_at: datetime
    received_at: datetime
    recipient: Personal[Recipient] = NOBODY
    reply_token: Personal[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageUnsent:
    """A user took a message back."""

    NAME: ClassVar[str] = "gateway.message_unsent"
    VERSION: ClassVar[int] = 1

    webhook_event_id: str
    message_id: str
    sent_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownReceived:
    """The messenger sent an event we do not know: kept for the record, never answered."""

    NAME: ClassVar[str] = "gateway.unknown_received"
    VERSION: ClassVar[int] = 1

    webhook_event_id: str
    received_at: datetime
    event_type: str
