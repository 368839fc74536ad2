"""Groups and rooms: the bot hears only what is said to it, and not the saying of its name."""

from typing import Any

from services.gateway.fields import list_at, number_at, object_at

UTF16 = "utf-16-le"
BYTES_PER_UNIT = 2
MAX_MENTIONS = 20
"""LINE's own limit; a longer list would only cost time."""


def is_mentioned(message: dict[str, Any]) -> bool:
    """Tell whether a message names the bot."""
    return bool(_own(message))


def without_mentions(text: str, message: dict[str, Any]) -> str:
    """Return the text with the bot's name taken out; other names stay."""
    units = text.encode(UTF16)
    # From the end on, so that the places of the earlier ones stay true.
    for start, end in sorted(map(_place, _own(message)), reverse=True):
        units = units[:start] + units[end:]
    return units.decode(UTF16, errors="replace")


def _own(message: dict[str, Any]) -> list[dict[str, Any]]:
    named = list_at(object_at(message, "mention"), "mentionees")
    own = [each for each in named if isinstance(each, dict) and each.get("isSelf") is True]
    return own[:MAX_MENTIONS]


def _place(mentionee: dict[str, Any]) -> tuple[int, int]:
    """Return where a name stands, in bytes: LINE counts UTF-16 units."""
    start = max(number_at(mentionee, "index") or 0, 0)
    length = max(number_at(mentionee, "length") or 0, 0)
    return start * BYTES_PER_UNIT, (start + length) * BYTES_PER_UNIT
