"""LINE shows plain text: whatever Markdown a model left in is taken out, and nothing else."""

import re
from collections.abc import Callable

Step = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]

LINK = re.compile(r"!?\[([^\[\]\n]*)\]\((?:https?://|www\.|mailto:|[/#])[^()\s]*\)(\d?)")


def _label(link: re.Match[str]) -> str:
    label, digit = link[1], link[2]
    return f"{label} {digit}" if digit and label[-1:].isdigit() else f"{label}{digit}"


STEPS: tuple[Step, ...] = (
    (re.compile(r"\r\n?|\u2028|\u2029"), "\n"),
    (re.compile(r"^[ \t]*```[A-Za-z]*[ \t]*$", re.MULTILINE), ""),
    # Two numbers with only markup between them must not become one.
    (re.compile(r"(?<=\d)(?=(?:\*\*|`|__|!?\[)+\d)"), " "),
    # A model's output never becomes a link; sources are shown apart.
    (LINK, _label),
    (re.compile(r"\*\*|`"), ""),
    (re.compile(r"__(?=\S)(.+?)(?<=\S)__"), r"\1"),
    (re.compile(r"^[ \t]*(?:>[ \t]?)*[ \t]*#+[ \t]+", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*>[ \t]?", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*(?:(?:[-_][ \t]*){3,}|(?:\*[ \t]*){3,})$", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*[*+•‧·●▪-][ \t]+", re.MULTILINE), "• "),
    (re.compile(r"[ \t]+$", re.MULTILINE), ""),
    (re.compile(r"\n{3,}"), "\n\n"),
)


def plain_text(text: str) -> str:
    """Return a text without Markdown, its lists with "•"; doing it twice changes nothing."""
    while (plain := _once(text)) != text:
        text = plain
    return plain


def _once(text: str) -> str:
    for pattern, replacement in STEPS:
        text = pattern.sub(replacement, text)
    return text.strip()
