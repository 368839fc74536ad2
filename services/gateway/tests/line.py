"""What LINE sends, for the tests: bodies, events, signatures."""

from datetime import UTC, datetime
from typing import Any

import orjson

from services.gateway.signature import sign

SECRET = b"the-secret-of-the-channel"
USER = "U4af4980629000000000000000000aaaa"
GROUP = "C4af4980629000000000000000000bbbb"
NOW = datetime(2026, 11, 23, 8, 0, 5, tzinfo=UTC)
SENT = datetime(2026, 11, 23, 8, 0, 4, 250_000, tzinfo=UTC)
SENT_MS = 1_795_420_804_250
SELF = {"index": 0, "length": 7, "type": "user", "userId": "Ubot", "isSelf": True}


def event(kind: str = "message", number: int = 1, **changes: Any) -> dict[str, Any]:
    """Return an event of a user as LINE sends it; `changes` replace or add fields."""
    return {
        "type": kind,
        "mode": "active",
        "timestamp": SENT_MS,
        "source": {"type": "user", "userId": USER},
        "webhookEventId": f"01HZX{number:021d}",
        "deliveryContext": {"isRedelivery": False},
        "replyToken": f"token-{number}",
    } | changes


def text_event(text: str = "你好", number: int = 1, **changes: Any) -> dict[str, Any]:
    """Return the event of a text message."""
    message = {"type": "text", "id": f"55{number}", "quoteToken": "quote", "text": text}
    return event(number=number, message=message) | changes


def group_event(text: str, *mentionees: dict[str, Any]) -> dict[str, Any]:
    """Return the event of a text message in a group."""
    message: dict[str, Any] = {"type": "text", "id": "551", "text": text}
    if mentionees:
        message["mention"] = {"mentionees": list(mentionees)}
    return event(message=message, source={"type": "group", "groupId": GROUP, "userId": USER})


def body(*events: object) -> bytes:
    """Return the body of a webhook."""
    return orjson.dumps({"destination": "Ubot", "events": events})


def headers(of: bytes, **changes: str) -> dict[str, str]:
    """Return the headers LINE sends with a body."""
    return {
        "content-type": "application/json; charset=utf-8",
        "x-line-signature": sign(SECRET, of).decode(),
    } | {name.replace("_", "-"): value for name, value in changes.items()}
