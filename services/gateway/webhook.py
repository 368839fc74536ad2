"""One event of LINE's at a time to one input of a conversation; whatever comes, nothing raises.

LINE adds event types, values and fields without notice: only what an answer needs is looked at.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, cast, get_args

import orjson

from chassis.decider import derived_id
from contracts.base import Event
from contracts.gateway import (
    ContentProvider,
    GroupJoined,
    MessageKind,
    MessageReceived,
    MessageUnsent,
    PostbackReceived,
    Recipient,
    UnknownReceived,
    UserFollowed,
    UserUnfollowed,
)
from services.gateway.fields import id_at, number_at, object_at, text_at, token_at
from services.gateway.mentions import as_said_to_the_bot, is_addressed

MAX_TEXT_CHARACTERS = 20_000
"""LINE allows 5,000; more than that is kept so that the conversation can refuse it kindly."""
MAX_DURATION_MS = 24 * 60 * 60 * 1_000
"""A longer voice message is no voice message."""
MAX_CLOCK_LEAD = timedelta(days=1)
LINE_BEGAN = datetime(2011, 6, 1, tzinfo=UTC)

KINDS: frozenset[str] = frozenset(get_args(MessageKind)) - {"unknown"}
GROUP_ID: dict[str, str] = {"group": "groupId", "room": "roomId"}
NAMELESS = "unnamed"
READ_MARK = "markAsReadToken"
UNADDRESSED_STREAM = derived_id("line:unaddressed")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REDELIVERED = b'"isRedelivery":true'
_FIRST_DELIVERY = b'"isRedelivery":false'


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An input, the conversation it belongs to, and the key that keeps it from counting twice.

    `person` is the stream of its user's direct conversation, where this one is in a group.
    """

    stream: str
    id: str
    key: str
    event: Event
    redelivered: bool
    person: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether it was understood."""
        return not isinstance(self.event, UnknownReceived)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """What events of all types have."""

    event_id: str
    sent_at: datetime
    received_at: datetime
    redelivered: bool
    recipient: Recipient
    reply_token: str


def hear(raw: bytes, received_at: datetime) -> Heard | None:
    """Return what one event's JSON says; None when it was not said to the bot."""
    event = _loaded(raw)
    if _is_among_others(event):
        return None
    frame = _frame(event, raw, received_at)
    return Heard(
        stream=_stream(event, frame.recipient),
        person=_person(frame.recipient),
        id=derived_id("line", frame.event_id),
        key=f"line:{frame.event_id}",
        event=_understood(event, frame) or _unknown(event, frame),
        redelivered=frame.redelivered,
    )


def _loaded(raw: bytes) -> dict[str, Any]:
    try:
        event = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {}
    return cast("dict[str, Any]", event) if isinstance(event, dict) else {}


def _is_among_others(event: dict[str, Any]) -> bool:
    """Tell whether people of a group talk to one another: that is not ours to keep."""
    in_group = text_at(object_at(event, "source"), "type") in GROUP_ID
    is_message = event.get("type") == "message"
    return in_group and is_message and not is_addressed(object_at(event, "message"))


def _frame(event: dict[str, Any], raw: bytes, received_at: datetime) -> _Frame:
    redelivered = object_at(event, "deliveryContext").get("isRedelivery") is True
    return _Frame(
        event_id=id_at(event, "webhookEventId") or _fingerprint(raw),
        sent_at=_sent_at(event, received_at),
        received_at=received_at,
        redelivered=redelivered,
        recipient=_recipient(event),
        reply_token=token_at(event, "replyToken") or "",
    )


def _fingerprint(raw: bytes) -> str:
    # The one thing that changes when LINE sends the same event again.
    return "sha256-" + sha256(raw.replace(_REDELIVERED, _FIRST_DELIVERY)).hexdigest()


def _sent_at(event: dict[str, Any], received_at: datetime) -> datetime:
    latest = received_at + MAX_CLOCK_LEAD
    milliseconds = number_at(event, "timestamp") or 0
    if not 0 < milliseconds <= latest.timestamp() * 1_000:
        return received_at
    sent_at = _EPOCH + timedelta(milliseconds=milliseconds)
    return sent_at if sent_at >= LINE_BEGAN else received_at


def _recipient(event: dict[str, Any]) -> Recipient:
    source = object_at(event, "source")
    named = GROUP_ID.get(text_at(source, "type") or "")
    group = token_at(source, named) if named else None
    everybody = Recipient(group=group)
    if _is_joining(event, everybody):
        return everybody
    return Recipient(user=token_at(source, "userId") or "", group=group)


def _stream(event: dict[str, Any], recipient: Recipient) -> str:
    if not recipient.user and not _is_joining(event, recipient):
        return UNADDRESSED_STREAM
    return derived_id("line", recipient.user, recipient.group or "")


def _person(recipient: Recipient) -> str | None:
    return derived_id("line", recipient.user, "") if recipient.user and recipient.group else None


def _is_joining(event: dict[str, Any], recipient: Recipient) -> bool:
    """Tell whether the bot was added to a group, of which nobody has spoken."""
    return event.get("type") == "join" and recipient.group is not None


def _understood(event: dict[str, Any], frame: _Frame) -> Event | None:
    """Return the input an event is; None when something an answer needs is missing or new."""
    if event.get("mode", "active") != "active":
        return None  # in standby another module answers, and we must not
    if _is_joining(event, frame.recipient):
        return _joined(frame)
    if not _can_be_answered(object_at(event, "source"), frame.recipient):
        return None
    match event.get("type"):
        case "message":
            return _message(event, frame)
        case "postback":
            return _postback(object_at(event, "postback"), frame)
        case "follow":
            return _followed(frame)
        case "unfollow":
            return _unfollowed(frame)
        case "unsend":
            return _unsent(object_at(event, "unsend"), frame)
        case _:
            return None


def _can_be_answered(source: dict[str, Any], recipient: Recipient) -> bool:
    kind = text_at(source, "type")
    in_group = kind in GROUP_ID and recipient.group is not None
    return bool(recipient.user) and (kind == "user" or in_group)


def _message(event: dict[str, Any], frame: _Frame) -> Event | None:
    message = object_at(event, "message")
    kind, message_id = text_at(message, "type"), id_at(message, "id")
    text = text_at(message, "text") if kind == "text" else ""
    if kind not in KINDS or message_id is None or text is None:
        return None
    if frame.recipient.group:
        text = as_said_to_the_bot(text, message)
    return MessageReceived(
        webhook_event_id=frame.event_id,
        message_id=message_id,
        kind=cast("MessageKind", kind),
        sent_at=frame.sent_at,
        received_at=frame.received_at,
        redelivered=frame.redelivered,
        duration_ms=_duration(message),
        content_provider=_provider(message),
        recipient=frame.recipient,
        text=text[:MAX_TEXT_CHARACTERS],
        reply_token=frame.reply_token,
        quote_token=token_at(message, "quoteToken"),
        read_token=token_at(message, READ_MARK) or token_at(event, READ_MARK) or "",
    )


def _duration(message: dict[str, Any]) -> int | None:
    duration = number_at(message, "duration")
    return duration if duration is not None and 0 <= duration <= MAX_DURATION_MS else None


def _provider(message: dict[str, Any]) -> ContentProvider:
    external = text_at(object_at(message, "contentProvider"), "type") == "external"
    return "external" if external else "line"


def _postback(postback: dict[str, Any], frame: _Frame) -> Event | None:
    data = text_at(postback, "data")
    if data is None:
        return None
    return PostbackReceived(
        webhook_event_id=frame.event_id,
        sent_at=frame.sent_at,
        received_at=frame.received_at,
        redelivered=frame.redelivered,
        recipient=frame.recipient,
        data=data[:MAX_TEXT_CHARACTERS],
        reply_token=frame.reply_token,
    )


def _followed(frame: _Frame) -> Event:
    return UserFollowed(
        webhook_event_id=frame.event_id,
        sent_at=frame.sent_at,
        received_at=frame.received_at,
        recipient=frame.recipient,
        reply_token=frame.reply_token,
    )


def _joined(frame: _Frame) -> Event:
    return GroupJoined(
        webhook_event_id=frame.event_id,
        sent_at=frame.sent_at,
        received_at=frame.received_at,
        recipient=frame.recipient,
        reply_token=frame.reply_token,
    )


def _unfollowed(frame: _Frame) -> Event:
    return UserUnfollowed(
        webhook_event_id=frame.event_id, sent_at=frame.sent_at, received_at=frame.received_at
    )


def _unsent(unsend: dict[str, Any], frame: _Frame) -> Event | None:
    message_id = id_at(unsend, "messageId")
    if message_id is None:
        return None
    return MessageUnsent(
        webhook_event_id=frame.event_id,
        message_id=message_id,
        sent_at=frame.sent_at,
        received_at=frame.received_at,
    )


def _unknown(event: dict[str, Any], frame: _Frame) -> UnknownReceived:
    return UnknownReceived(
        webhook_event_id=frame.event_id,
        received_at=frame.received_at,
        event_type=id_at(event, "type") or NAMELESS,
    )
