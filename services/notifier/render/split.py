"""Splitting a long text where a reader would pause."""

import re

from services.notifier.render.graphemes import boundary_before, fitting, is_boundary

BUBBLE_UNITS = 2_000
"""UTF-16 units a bubble: ours; LINE takes 5,000, which nobody reads on a phone."""
NICE_FILL = 0.5
"""A bubble at least this full may end at a pause; a paragraph after ten words does not count."""
TIGHT_FILL = 0.9
"""When bubbles run short: 5,000 units then never take more than three."""

_LONGEST_PAUSE = 8
# From the best place to pause to the worst. A full stop or a comma inside a number is none.
_PAUSES = (
    re.compile(r"\n[^\S\n]*\n"),
    re.compile(r"(?:[。！？!?…]|\.(?=\s))[」』）”’)\"']*"),
    re.compile(r"\n"),
    re.compile(r"[，、；;]|,(?!\d)"),
    re.compile(r"\s"),
)


def split(text: str, limit: int = BUBBLE_UNITS, fill: float = NICE_FILL) -> list[str]:
    """Return pieces of at most `limit` UTF-16 units that joined give the text again."""
    pieces: list[str] = []
    start = 0
    while start < len(text):
        cut = next_cut(text, start, limit, fill)
        pieces.append(text[start:cut])
        start = cut
    return pieces


def next_cut(text: str, start: int, limit: int, fill: float) -> int:
    """Return where the piece from `start` ends: at the best pause that fills it well enough."""
    end = fitting(text, start, limit)
    if end >= len(text):
        return end
    least = start + int((end - start) * fill)
    for pause in _PAUSES:
        cut = _last(pause, text, least, end)
        if cut is not None and is_boundary(text, cut, start):
            return cut
    return boundary_before(text, end, start)


def _last(pause: re.Pattern[str], text: str, least: int, end: int) -> int | None:
    """Return the end of the last pause that ends in (least, end]."""
    # The pattern may begin a little before, and sees one character more: what follows the pause.
    begin = max(0, least - _LONGEST_PAUSE)
    cuts = (found.end() for found in pause.finditer(text, begin, min(end + 1, len(text))))
    return max((cut for cut in cuts if least < cut <= end), default=None)
