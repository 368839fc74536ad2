"""Cutting text by the lengths messengers count, never inside what a reader sees as one character.

uniseg takes 47 µs a character, a quarter of a second for a full answer, and 16 s for one of 5,000
combining marks: so it is asked only about the few characters around a cut.
"""

from itertools import takewhile

from uniseg.graphemecluster import GraphemeClusterBreak as Break
from uniseg.graphemecluster import grapheme_cluster_boundaries, grapheme_cluster_break

ELLIPSIS = "…"
LONGEST_GRAPHEME = 64
"""Characters kept together at most; Unicode's stream-safe text has 30 marks on a letter."""

# Between one of the first and one of the second there is always a boundary (UAX #29).
_ENDS = frozenset({Break.OTHER, Break.LF, Break.CONTROL, Break.V, Break.T, Break.LV, Break.LVT})
_BEGINS = frozenset(
    {Break.OTHER, Break.CR, Break.LF, Break.CONTROL, Break.L, Break.LV, Break.LVT, Break.PREPEND}
)


def units(text: str) -> int:
    """Return how many UTF-16 units a text takes: what LINE counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def fitting(text: str, start: int, limit: int) -> int:
    """Return where the longest stretch from `start` of at most `limit` UTF-16 units ends."""
    window = text[start : start + limit]
    stretch = window.encode("utf-16-le", "surrogatepass")[: 2 * limit]
    if stretch[-1:] and 0xD8 <= stretch[-1] <= 0xDB:  # noqa: PLR2004 (the first half of a pair)
        stretch = stretch[:-2]
    return start + len(stretch.decode("utf-16-le", "surrogatepass"))


def is_boundary(text: str, at: int, start: int = 0) -> bool:
    """Tell whether a cut at `at` leaves every grapheme of the text from `start` on whole."""
    if at <= start or at >= len(text) or _certainly(text, at):
        return True
    return at in _boundaries(text, at, start)


def boundary_before(text: str, at: int, start: int = 0) -> int:
    """Return the last boundary in (start, at]; `at` itself when one grapheme fills all of it."""
    if is_boundary(text, at, start):
        return at
    return max((each for each in _boundaries(text, at, start) if each > start), default=at)


def shorten(text: str, limit: int) -> str:
    """Return the text in at most `limit` characters (so graphemes, too), marked when cut."""
    if len(text) <= limit:
        return text
    return text[: boundary_before(text, limit - 1)].rstrip() + ELLIPSIS


def clip(text: str, limit: int) -> str:
    """Return the text in at most `limit` UTF-16 units, marked when cut."""
    if units(text) <= limit:
        return text
    return text[: boundary_before(text, fitting(text, 0, limit - 1))].rstrip() + ELLIPSIS


def _certainly(text: str, at: int) -> bool:
    """Tell whether two characters alone prove a boundary between them."""
    before, after = grapheme_cluster_break(text[at - 1]), grapheme_cluster_break(text[at])
    if before is after is Break.REGIONAL_INDICATOR:
        return _flag_letters_before(text, at) % 2 == 0
    if before is Break.EXTEND:
        # Beyond lie the Indic scripts, where a mark may join two consonants.
        return after is Break.OTHER and text[at] < "\u0900"
    return before in _ENDS and after in _BEGINS


def _boundaries(text: str, at: int, start: int) -> list[int]:
    """Return the boundaries up to `at`, counted from the nearest certain one before it."""
    certain, earliest = at - 1, max(start, at - LONGEST_GRAPHEME)
    while certain > earliest and not _certainly(text, certain):
        certain -= 1
    found = (certain + each for each in grapheme_cluster_boundaries(text[certain : at + 1]))
    return list(takewhile(lambda each: each <= at, found))


def _flag_letters_before(text: str, at: int) -> int:
    """Return how many letters of flags stand together before `at`: two make a flag."""
    first = at
    while first > 0 and "\U0001f1e6" <= text[first - 1] <= "\U0001f1ff":
        first -= 1
    return at - first
