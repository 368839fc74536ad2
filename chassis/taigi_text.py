"""Texts to and from the Taigi service: cut where one may pause, romanisation out of pages. Pure."""

import re
from html.parser import HTMLParser

PAUSES = (
    ("。", "！", "？", "\n", "! ", "? ", ". "),
    ("；", "，", "、", "：", "; ", ", "),
    (" ",),
)
"""Where a text may be cut, best first. ASCII marks need a blank behind them: 1,000 is a number."""
UNREAD = frozenset({"script", "style", "head", "title"})
PAGE = re.compile(r"<\s*(?:!doctype|html|head|body)\b", re.IGNORECASE)
SYLLABLE = re.compile(r"[a-z]{1,7}[1-9]\b", re.IGNORECASE)
"""As TLPA writes one: Latin letters and the number of the tone."""


def pieces(text: str, longest: int) -> list[str]:
    """Return a text in pieces of at most `longest` characters, cut where a reader would pause."""
    found: list[str] = []
    rest = text.strip()
    while len(rest) > longest:
        cut = _cut(rest[:longest])
        found.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    return [*found, rest] if rest else found


def _cut(head: str) -> int:
    for marks in PAUSES:
        ends = [place + len(mark) for mark in marks if (place := head.rfind(mark)) >= 0]
        if ends:
            return max(ends)
    return len(head)


def read_tlpa(answer: str) -> str:
    """Return the romanisation in an answer, as plain text or as HTML; empty when it holds none.

    A whole page has to look like romanisation: a proxy's word that all is down is none.
    """
    text = " ".join(_shown(answer).split()) if "<" in answer else " ".join(answer.split())
    if PAGE.search(answer) and not SYLLABLE.search(text):
        return ""
    return text


def _shown(page: str) -> str:
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return " ".join(reader.shown)


class _Reader(HTMLParser):
    """Collects what a browser would show."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.shown: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 (the parser names it)
        # A page may leave out the end of its head.
        self._unread = 0 if tag == "body" else self._unread + (tag in UNREAD)

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in UNREAD and self._unread > 0

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.shown.append(data)
