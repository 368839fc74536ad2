"""The sources of a leaflet as one flex bubble whose titles open them."""

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from contracts.answer import Reference
from services.notifier.render.graphemes import clip, shorten
from services.notifier.render.text import one_line

HEADING = "參考資料"
REST = "另有 {count} 筆來源未列出"
BUBBLE_BYTES = 30_000
"""LINE takes 30 KB a bubble; what surrounds the rows is counted in."""
URI_LENGTH = 1_000
LABEL_LENGTH = 40
TITLE_LENGTH = 80
ALT_TEXT_UNITS = 1_500
_REST_BYTES = 300
_LINK_COLOR = "#1A5FB4"

_HTTPS = re.compile(r"(https://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?)([/?#].*)?")
_STRAY_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_KEPT = "/?#[]@!$&'()*+,;=:%-._~"

Component = dict[str, Any]


def references_message(references: Sequence[Reference]) -> Component | None:
    """Return the flex message that lists the sources; None when there are none to show."""
    rows = [row for row in map(_row, references) if row is not None]
    if not rows:
        return None
    titles = "、".join(row["text"] for row in rows)
    return {
        "type": "flex",
        "altText": clip(f"{HEADING}：{titles}", ALT_TEXT_UNITS),
        "contents": _bubble(_within_bubble(rows)),
    }


def link(url: str) -> str | None:
    """Return the address as LINE takes it in an action: https and ASCII; None otherwise."""
    found = _HTTPS.fullmatch(url.strip())
    if found is None:
        return None
    rest = quote(_STRAY_PERCENT.sub("%25", found[2] or ""), safe=_KEPT, errors="replace")
    return found[1] + rest if len(found[1] + rest) <= URI_LENGTH else None


def _row(reference: Reference) -> Component | None:
    """Return one source: its title opens it, or both are plain text when no link is possible."""
    address = link(reference.url)
    bare = one_line(reference.url)
    title = one_line(reference.title) or (address or bare).partition("://")[2] or bare
    if not title:
        return None
    if address is None:
        plain = f"{title} {bare}" if bare and bare != title else title
        return {
            "type": "text",
            "text": shorten(plain, 3 * TITLE_LENGTH),
            "size": "sm",
            "wrap": True,
        }
    return {
        "type": "text",
        "text": shorten(title, TITLE_LENGTH),
        "size": "sm",
        "wrap": True,
        "color": _LINK_COLOR,
        "decoration": "underline",
        "action": {"type": "uri", "label": shorten(title, LABEL_LENGTH), "uri": address},
    }


def _within_bubble(rows: list[Component]) -> list[Component]:
    """Return the first rows that fit into a bubble, and how many did not."""
    left = BUBBLE_BYTES - _size(_bubble([])) - _REST_BYTES
    for number, row in enumerate(rows):
        left -= _size(row) + 2
        if left < 0:
            rest = REST.format(count=len(rows) - number)
            return [
                *rows[:number],
                {"type": "text", "text": rest, "size": "xs", "color": "#777777"},
            ]
    return rows


def _size(component: Component) -> int:
    # As line-bot-sdk sends it: six bytes for a Chinese character.
    return len(json.dumps(component))


def _bubble(rows: list[Component]) -> Component:
    heading = {"type": "text", "text": HEADING, "weight": "bold", "size": "md"}
    contents = [heading, *rows]
    body = {"type": "box", "layout": "vertical", "spacing": "md", "contents": contents}
    return {"type": "bubble", "body": body}
