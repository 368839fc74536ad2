"""Flex bubbles: what they are made of, and how much LINE takes of it."""

import json
from collections.abc import Sequence
from typing import Any

from services.notifier.render.graphemes import clip

BUBBLE_BYTES = 30_000
"""LINE takes 30 KB a bubble; what surrounds the rows is counted in."""
ALT_TEXT_UNITS = 400
"""LINE takes 1,500; it is read in a notification and in the list of chats."""
QUIET_COLOR = "#6B6B6B"
LINK_COLOR = "#1A5FB4"

Component = dict[str, Any]


def flex_message(alt_text: str, rows: Sequence[Component]) -> Component:
    """Return a message that shows rows, one below the other; `alt_text` is what it says."""
    return {
        "type": "flex",
        "altText": clip(alt_text, ALT_TEXT_UNITS),
        "contents": bubble(rows),
    }


def bubble(rows: Sequence[Component]) -> Component:
    """Return a bubble of rows, one below the other."""
    body = {"type": "box", "layout": "vertical", "spacing": "md", "contents": list(rows)}
    return {"type": "bubble", "body": body}


def room_for_rows(*others: Component) -> int:
    """Return the bytes that a bubble has left for rows beside `others`."""
    return BUBBLE_BYTES - size(bubble(others))


def how_many_fit(rows: Sequence[Component], room: int) -> int:
    """Return how many of the rows, from the first on, take at most `room` bytes."""
    for number, row in enumerate(rows):
        room -= size(row) + 2
        if room < 0:
            return number
    return len(rows)


def size(component: Component) -> int:
    """Return the bytes a component takes as line-bot-sdk sends it: six for a Chinese character."""
    return len(json.dumps(component))
