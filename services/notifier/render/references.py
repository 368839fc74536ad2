"""The sources of a leaflet as one flex bubble whose titles open them."""

import re
from collections.abc import Sequence
from urllib.parse import quote

from contracts.answer import Reference
from services.notifier.render.flex import (
    LINK_COLOR,
    QUIET_COLOR,
    Component,
    flex_message,
    how_many_fit,
    room_for_rows,
)
from services.notifier.render.graphemes import shorten
from services.notifier.render.text import one_line

HEADING = "參考資料"
REST = "另有 {count} 筆來源未列出"
URI_LENGTH = 1_000
LABEL_LENGTH = 40
TITLE_LENGTH = 80
_REST_BYTES = 300

_HTTPS = re.compile(r"(https://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?)([/?#].*)?")
_STRAY_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_KEPT = "/?#[]@!$&'()*+,;=:%-._~"
_HEADING_ROW: Component = {"type": "text", "text": HEADING, "weight": "bold", "size": "md"}


def references_message(references: Sequence[Reference]) -> Component | None:
    """Return the flex message that lists the sources; None when there are none to show."""
    rows = [row for row in map(_row, references) if row is not None]
    if not rows:
        return None
    titles = "、".join(row["text"] for row in rows)
    return flex_message(f"{HEADING}：{titles}", [_HEADING_ROW, *_within_bubble(rows)])


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
        "color": LINK_COLOR,
        "decoration": "underline",
        "action": {"type": "uri", "label": shorten(title, LABEL_LENGTH), "uri": address},
    }


def _within_bubble(rows: list[Component]) -> list[Component]:
    """Return the first rows that fit into a bubble, and how many did not."""
    number = how_many_fit(rows, room_for_rows(_HEADING_ROW) - _REST_BYTES)
    if number == len(rows):
        return rows
    rest = REST.format(count=len(rows) - number)
    return [*rows[:number], {"type": "text", "text": rest, "size": "xs", "color": QUIET_COLOR}]
