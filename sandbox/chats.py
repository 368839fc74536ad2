"""What phones show: the entries of a chat, folded from records; no I/O."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.events import message_id_of
from sandbox.shapes import as_object

if TYPE_CHECKING:
    from sandbox.shapes import JsonObject

_CHAT_ENTRIES = 300
UNSENT = "(已收回的訊息)"


@dataclass(slots=True)
class Chat:
    """What one phone shows; `read_revision` is the last entry the bot has marked as read."""

    entries: deque[JsonObject] = field(default_factory=lambda: deque(maxlen=_CHAT_ENTRIES))
    revision: int = 0
    loading_until: float = 0.0
    last_timestamp: int = 0
    read_revision: int = 0
    blocked: bool = False


@dataclass(slots=True)
class Quotable:
    """A message with a quote token: the chat it stands in, and what it says."""

    chat: str
    text: str


def user_entry(record: JsonObject) -> JsonObject:
    """Return what a phone shows of its own user's event."""
    event = as_object(record["event"])
    message = as_object(event.get("message"))
    return {
        "from": "user",
        "time": record["time"],
        "text": record["shown"],
        "event_id": event.get("webhookEventId"),
        "type": event.get("type"),
        "message_id": message_id_of(event),
        "kind": message.get("type"),
        "duration": message.get("duration"),
        "quote_token": message.get("quoteToken"),
    }


def bot_entry(record: JsonObject, quotes: dict[str, str]) -> JsonObject:
    """Return what a phone shows of an answer, with the words that its messages quote."""
    return {
        "from": "bot",
        "time": record["time"],
        "messages": record["messages"],
        "event_id": record.get("event_id"),
        "quotes": quotes,
    }


def take_back(chat: Chat, message_id: str) -> None:
    """Let the phone show a message no more, nor what quotes it."""
    for entry in chat.entries:
        if entry.get("message_id") == message_id and entry["type"] == "message":
            entry |= {"text": "", "kind": "unsent"}
            _unquote(chat, entry.get("quote_token"))


def _unquote(chat: Chat, token: str | None) -> None:
    for entry in chat.entries:
        if token in entry.get("quotes", {}):
            entry["quotes"] = {**entry["quotes"], token: UNSENT}
