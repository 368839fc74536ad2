"""LINE's webhooks as data: events, their envelope and its signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

import orjson

from sandbox.identifiers import BOT_USER_ID, new_message_id, new_token, new_webhook_event_id
from sandbox.shapes import as_object, as_text, merged

if TYPE_CHECKING:
    from sandbox.shapes import JsonObject


# What LINE gives a quote token for, and what it keeps the contents of.
_QUOTABLE = frozenset({"text", "image", "video", "sticker"})
_WITH_CONTENT = frozenset({"image", "video", "audio"})
_NAMES = {
    "audio": "語音訊息",
    "file": "檔案",
    "follow": "加入好友",
    "image": "圖片",
    "location": "位置",
    "postback": "按鈕",
    "sticker": "貼圖",
    "unfollow": "封鎖",
    "unsend": "收回訊息",
    "video": "影片",
}


def sign(channel_secret: str, body: bytes) -> str:
    """Return the x-line-signature of a webhook body."""
    digest = hmac.new(channel_secret.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def envelope(event: JsonObject) -> bytes:
    """Return a webhook body that carries one event."""
    return orjson.dumps({"destination": BOT_USER_ID, "events": [event]})


def redelivered(event: JsonObject) -> JsonObject:
    """Return the event as LINE sends it again: the same but for one flag."""
    return {**event, "deliveryContext": {"isRedelivery": True}}


def text_event(user_id: str, text: str, milliseconds: int) -> JsonObject:
    """Return the event of a text message in a one-to-one chat."""
    return {
        "type": "message",
        "mode": "active",
        "timestamp": milliseconds,
        "source": {"type": "user", "userId": user_id},
        "webhookEventId": new_webhook_event_id(milliseconds),
        "deliveryContext": {"isRedelivery": False},
        "replyToken": new_token(),
        "message": {
            "id": new_message_id(),
            "type": "text",
            "quoteToken": new_token(),
            "markAsReadToken": new_token(),
            "text": text,
        },
    }


def customised(event: JsonObject, override: JsonObject) -> JsonObject:
    """Return the event with a test's wishes laid over it; another type has no message."""
    if override.get("type", "message") != "message" and "message" not in override:
        event = {key: value for key, value in event.items() if key != "message"}
    kind = as_text(as_object(override.get("message")).get("type")) or "text"
    if kind != "text" and "message" in event:
        event = {**event, "message": _of_kind(as_object(event["message"]), kind)}
    return merged(event, override)


def _of_kind(message: JsonObject, kind: str) -> JsonObject:
    """Return a message without words: not all of them can be quoted, some have contents."""
    unwanted = {"text"} if kind in _QUOTABLE else {"text", "quoteToken"}
    made = {key: value for key, value in message.items() if key not in unwanted}
    return made | ({"contentProvider": {"type": "line"}} if kind in _WITH_CONTENT else {})


def message_id_of(event: JsonObject) -> str:
    """Return the id of the message an event is about, empty when there is none."""
    about = as_object(event.get("message")) or as_object(event.get("unsend"))
    return as_text(about.get("id")) or as_text(about.get("messageId"))


def chat_of(event: JsonObject) -> str:
    """Return the chat an event belongs to: the group, the room or the user."""
    source = as_object(event.get("source"))
    names = (as_text(source.get(key)) for key in ("groupId", "roomId", "userId"))
    return next((name for name in names if name), "")


def shown_of(event: JsonObject) -> str:
    """Return what the user's own phone shows of an event."""
    message, postback = as_object(event.get("message")), as_object(event.get("postback"))
    if "text" in message:
        return as_text(message["text"])
    kind = as_text(message.get("type")) or as_text(event.get("type"))
    more = as_text(message.get("title")) or as_text(message.get("fileName"))
    return as_text(postback.get("displayText")) or f"〔{_NAMES.get(kind, kind)}〕{more}"
