"""LINE's rules for requests and messages; an empty list means that LINE takes it.

Limits are those of LINE's Messaging API reference. The end-to-end tests use check_messages
to say "nothing LINE would refuse".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.identifiers import is_user_id
from sandbox.rules.action import quick_reply_faults
from sandbox.rules.fault import EMPTY, Fault, choice_faults, media_faults, text_faults, uri_faults
from sandbox.rules.flex import flex_faults
from sandbox.shapes import as_list, as_object, as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.shapes import JsonObject

__all__ = ["BODY_BYTES", "Fault", "check_loading", "check_messages", "check_push", "check_reply"]

BODY_BYTES = 2 * 1024 * 1024
_MESSAGES = 5
_TEXT = 5000
_ALT_TEXT = 1500
_HTTPS = frozenset({"https"})
_MEDIA_URL = 2000
_AUDIO = frozenset({"m4a", "mp3"})
_QUOTING = frozenset({"text", "textV2", "sticker"})
_TYPES = [
    *("text", "textV2", "sticker", "image", "video", "audio", "location"),
    *("imagemap", "template", "flex", "coupon"),
]


def check_messages(messages: object) -> list[Fault]:
    """Return what LINE would refuse in the messages of one send."""
    items = as_list(messages)
    if not 1 <= len(items) <= _MESSAGES:
        return [Fault(f"Size must be between 1 and {_MESSAGES}", "messages")]
    return [
        fault
        for index, item in enumerate(items)
        for fault in _message_faults(as_object(item), f"messages[{index}]")
    ]


def check_reply(body: JsonObject) -> list[Fault]:
    """Return what LINE would refuse in a reply, its token's age aside."""
    token = [] if as_text(body.get("replyToken")) else [Fault(EMPTY, "replyToken")]
    return [*token, *check_messages(body.get("messages"))]


def check_push(body: JsonObject) -> list[Fault]:
    """Return what LINE would refuse in a push."""
    to = as_text(body.get("to"))
    missing = [] if to else [Fault(EMPTY, "to")]
    return [*missing, *check_messages(body.get("messages"))]


def check_loading(body: JsonObject) -> list[Fault]:
    """Return what LINE would refuse in a request for the loading animation."""
    faults: list[Fault] = []
    if not is_user_id(as_text(body.get("chatId"))):
        faults.append(Fault("The chatId must be the user ID of a one-on-one chat", "chatId"))
    seconds = body.get("loadingSeconds", 20)
    if seconds not in range(5, 61, 5) or isinstance(seconds, bool):
        wanted = "Must be a multiple of 5 between 5 and 60"
        faults.append(Fault(wanted, "loadingSeconds"))
    return faults


def _message_faults(message: JsonObject, where: str) -> Iterator[Fault]:
    kind = as_text(message.get("type"))
    yield from choice_faults(kind, f"{where}.type", _TYPES)
    if kind in _CHECKS:
        yield from _CHECKS[kind](message, where)
    if message.get("quoteToken") is not None:
        yield from _quote(message, kind, f"{where}.quoteToken")
    if "quickReply" in message:
        yield from quick_reply_faults(message["quickReply"], f"{where}/quickReply")
    if "sender" in message:
        yield from _sender(as_object(message["sender"]), f"{where}.sender")


def _quote(message: JsonObject, kind: str, where: str) -> Iterator[Fault]:
    if kind not in _QUOTING:
        yield Fault("May not be set for this type of message", where)
    elif not as_text(message["quoteToken"]):
        yield Fault(EMPTY, where)


def _text(message: JsonObject, where: str) -> Iterator[Fault]:
    yield from text_faults(message.get("text"), f"{where}.text", _TEXT)


def _audio(message: JsonObject, where: str) -> Iterator[Fault]:
    address = message.get("originalContentUrl")
    yield from media_faults(address, f"{where}.originalContentUrl", _AUDIO, _MEDIA_URL)
    duration = message.get("duration")
    if not isinstance(duration, int) or isinstance(duration, bool) or duration <= 0:
        yield Fault("May not be null", f"{where}.duration")


def _picture(message: JsonObject, where: str) -> Iterator[Fault]:
    for name in ("originalContentUrl", "previewImageUrl"):
        yield from uri_faults(message.get(name), f"{where}.{name}", _HTTPS, _MEDIA_URL)


def _flex(message: JsonObject, where: str) -> Iterator[Fault]:
    yield from text_faults(message.get("altText"), f"{where}.altText", _ALT_TEXT)
    yield from flex_faults(message.get("contents"), f"{where}.contents")


def _alternative(message: JsonObject, where: str) -> Iterator[Fault]:
    yield from text_faults(message.get("altText"), f"{where}.altText", _ALT_TEXT)


def _sticker(message: JsonObject, where: str) -> Iterator[Fault]:
    for name in ("packageId", "stickerId"):
        yield from text_faults(message.get(name), f"{where}.{name}", 20)


def _location(message: JsonObject, where: str) -> Iterator[Fault]:
    for name in ("title", "address"):
        yield from text_faults(message.get(name), f"{where}.{name}", 100)


def _sender(sender: JsonObject, where: str) -> Iterator[Fault]:
    if "name" in sender:
        yield from text_faults(sender["name"], f"{where}.name", 20)
    if "iconUrl" in sender:
        yield from uri_faults(sender["iconUrl"], f"{where}.iconUrl", _HTTPS, _MEDIA_URL)


_CHECKS: dict[str, Callable[[JsonObject, str], Iterator[Fault]]] = {
    "text": _text,
    "textV2": _text,
    "audio": _audio,
    "image": _picture,
    "video": _picture,
    "flex": _flex,
    "template": _alternative,
    "imagemap": _alternative,
    "sticker": _sticker,
    "location": _location,
}
