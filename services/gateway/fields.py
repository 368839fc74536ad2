"""Reading JSON that somebody else may change: what is not there or of another kind is None."""

from typing import Any

MAX_TOKEN_CHARACTERS = 1_024
MAX_ID_CHARACTERS = 128


def object_at(holder: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the object at `name`; an empty one when there is none."""
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def list_at(holder: dict[str, Any], name: str) -> list[Any]:
    """Return the list at `name`; an empty one when there is none."""
    value = holder.get(name)
    return value if isinstance(value, list) else []


def number_at(holder: dict[str, Any], name: str) -> int | None:
    """Return the whole number at `name`."""
    value = holder.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def text_at(holder: dict[str, Any], name: str) -> str | None:
    """Return the text at `name`, however long, also when it is empty."""
    value = holder.get(name)
    return value if isinstance(value, str) else None


def token_at(holder: dict[str, Any], name: str) -> str | None:
    """Return the token at `name`: a text that is neither empty nor absurdly long."""
    value = holder.get(name)
    if isinstance(value, str) and 0 < len(value) <= MAX_TOKEN_CHARACTERS:
        return value
    return None


def id_at(holder: dict[str, Any], name: str) -> str | None:
    """Return the id at `name`: it is stored in the clear, so only what can do no harm there."""
    value = holder.get(name)
    if isinstance(value, str) and 0 < len(value) <= MAX_ID_CHARACTERS and _is_plain(value):
        return value
    return None


def _is_plain(value: str) -> bool:
    return value.isascii() and value.isprintable()
