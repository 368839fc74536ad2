"""LINE shows plain text: whatever Markdown a model left in is taken out, and nothing else.

Patterns use possessive quantifiers: a page of blanks from a model must not stall the service.
"""

import re

BREAK = re.compile(r"\r\n?|\u2028|\u2029")
LINK = re.compile(r"!?\[([^\[\]\n]*+)\]\((?:https?://|www\.|mailto:|[/#])[^()\s]*+\)(\d?)")
# Two numbers with only markup between them must not become one.
JOINT = re.compile(r"(?<=\d)(?=(?:\*\*|`|__|!?\[)++\d)")
STRONG = re.compile(r"\*\*|`")
UNDERLINED = re.compile(r"__(?=\S)([^_\n]++)(?<=\S)__")

FENCE = re.compile(r"```[A-Za-z]*+")
RULE = re.compile(r"(?:[-_][ \t]*+){3,}|(?:\*[ \t]*+){3,}")
QUOTED = re.compile(r"(?:>[ \t]*+)++")
HEADING = re.compile(r"#++[ \t]++")
ITEM = re.compile(r"[*+•‧·●▪-][ \t]++")
GAP = re.compile(r"\n{3,}")


def plain_text(text: str) -> str:
    """Return a text without Markdown, its lists with "•"; doing it twice changes nothing."""
    while (plain := _once(text)) != text:
        text = plain
    return plain


def _once(text: str) -> str:
    lines = "\n".join(map(_line, BREAK.sub("\n", text).split("\n")))
    # A model's output never becomes a link; sources are shown apart.
    linked = LINK.sub(_label, JOINT.sub(" ", lines))
    return GAP.sub("\n\n", UNDERLINED.sub(r"\1", STRONG.sub("", linked))).strip()


def _line(line: str) -> str:
    line = line.strip(" \t")
    if FENCE.fullmatch(line) or RULE.fullmatch(line):
        return ""
    for mark in (QUOTED, HEADING):
        if found := mark.match(line):
            line = line[found.end() :]
    item = ITEM.match(line)
    return f"• {line[item.end() :]}" if item else line


def _label(link: re.Match[str]) -> str:
    label, digit = link[1], link[2]
    return f"{label} {digit}" if digit and label[-1:].isdigit() else f"{label}{digit}"
