"""Identifiers shaped like the ones LINE and Google hand out."""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LINE_ID = re.compile(r"[UCR][0-9a-f]{32}")
_RETRY_KEY = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

BOT_USER_ID = "U" + hashlib.sha256(b"mededbot sandbox").hexdigest()[:32]


def user_id_of(name: str) -> str:
    """Return LINE's kind of user id for a readable name; a real id stays as it is."""
    if _LINE_ID.fullmatch(name):
        return name
    return "U" + hashlib.sha256(name.encode()).hexdigest()[:32]


def is_user_id(value: str) -> bool:
    """Tell whether this names a person and not a group or a room."""
    return value.startswith("U") and _LINE_ID.fullmatch(value) is not None


def is_retry_key(value: str) -> bool:
    """Tell whether LINE would take this as an X-Line-Retry-Key."""
    return _RETRY_KEY.fullmatch(value) is not None


def new_webhook_event_id(milliseconds: int) -> str:
    """Return a ULID: 48 bits of time, 80 bits of chance, 26 letters."""
    number = (milliseconds << 80) | secrets.randbits(80)
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def new_message_id() -> str:
    """Return a numeric message id of LINE's length."""
    return str(500_000_000_000_000_000 + secrets.randbelow(10**17))


def new_token() -> str:
    """Return a reply, quote or read token."""
    return secrets.token_hex(16)


def new_request_id() -> str:
    """Return what LINE puts into x-line-request-id."""
    return str(uuid.uuid4())
