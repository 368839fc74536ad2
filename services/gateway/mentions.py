"""Groups and rooms: the bot hears only what is said to it, and not the saying of its name.

It is spoken to by a mention, by its name at the beginning, or by a message that is a command.
"""

import re
from typing import Any

from chassis.texts import normalised
from contracts.words import NAME, WORDS
from services.gateway.fields import list_at, number_at, object_at, text_at

UTF16 = "utf-16-le"
BYTES_PER_UNIT = 2
MAX_MENTIONS = 20
"""LINE's own limit; a longer list would only cost time."""
LONGEST_COMMAND = 40
"""With blanks around it; people's own long messages are not looked through for commands."""

_COMMANDS = frozenset(word for group in WORDS.values() for word in group)
_NAME_FIRST = re.compile(rf"\s*[@＠]?{NAME}(?![a-z0-9_])[\s,，:：、]*", re.IGNORECASE)


def is_addressed(message: dict[str, Any]) -> bool:
    """Tell whether a message of a group is said to the bot."""
    return bool(_own(message)) or _calls(text_at(message, "text") or "")


def as_said_to_the_bot(text: str, message: dict[str, Any]) -> str:
    """Return the text with the bot's name taken out; other names stay."""
    spoken = _without_mentions(text, message)
    name = _NAME_FIRST.match(spoken)
    return spoken[name.end() :] if name else spoken


def _calls(text: str) -> bool:
    if _NAME_FIRST.match(text):
        return True
    return len(text) <= LONGEST_COMMAND and normalised(text).casefold() in _COMMANDS


def _without_mentions(text: str, message: dict[str, Any]) -> str:
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
