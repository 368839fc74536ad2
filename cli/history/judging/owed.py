"""Which of LINE's events are to be on record, and which are owed an answer. By product.md §1."""

import re
import unicodedata
from typing import Any, cast

from cli.history.records import Json, Webhook
from contracts.words import NAME, WORDS

ANSWERED = frozenset({"message", "postback", "follow", "join"})
KINDS = frozenset({"text", "audio", "image", "video", "file", "location", "sticker"})
GROUPS = frozenset({"group", "room"})
_COMMANDS = frozenset(word for group in WORDS.values() for word in group)
_NAME_FIRST = re.compile(rf"\s*[@＠]?{NAME}(?![a-z0-9_])", re.IGNORECASE)


def is_to_be_recorded(webhook: Webhook) -> bool:
    """Tell whether an event may not vanish: all but what people of a group tell one another."""
    return bool(webhook.event_id) and not _is_among_others(webhook.event)


def is_owed_an_answer(webhook: Webhook) -> bool:
    """Tell whether an event asks for an answer, and is whole enough to be given one."""
    event, source = webhook.event, _object(webhook.event, "source")
    if event.get("mode", "active") != "active" or event.get("type") not in ANSWERED:
        return False
    if event["type"] == "join":
        return source.get("type") in GROUPS and bool(webhook.chat)
    known = source.get("type") in {"user", *GROUPS}
    if not known or not source.get("userId") or not is_to_be_recorded(webhook):
        return False
    return _is_whole(event)


def _is_whole(event: Json) -> bool:
    match event["type"]:
        case "message":
            message = _object(event, "message")
            has_words = message.get("type") != "text" or isinstance(message.get("text"), str)
            return bool(message.get("id")) and message.get("type") in KINDS and has_words
        case "postback":
            return isinstance(_object(event, "postback").get("data"), str)
        case _:
            return True


def _is_among_others(event: Json) -> bool:
    in_group = _object(event, "source").get("type") in GROUPS
    return in_group and event.get("type") == "message" and not _is_addressed(event)


def _is_addressed(event: Json) -> bool:
    message = _object(event, "message")
    named = _object(message, "mention").get("mentionees") or []
    if any(isinstance(each, dict) and cast("Json", each).get("isSelf") for each in named):
        return True
    text = str(message.get("text") or "")
    said = unicodedata.normalize("NFKC", text).strip().casefold()
    return bool(_NAME_FIRST.match(text)) or said in _COMMANDS


def _object(holder: Json, name: str) -> Json:
    found: Any = holder.get(name)
    return cast("Json", found) if isinstance(found, dict) else {}
