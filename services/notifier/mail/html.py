"""The mail as a page: inline styles only, every word escaped, either direction of script. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

BODY = (
    "margin:0;padding:24px 16px;background:#f4f6f8;color:#1b1f24;"
    "font-family:'Noto Sans TC','PingFang TC','Microsoft JhengHei',sans-serif;"
    "font-size:16px;line-height:1.7"
)
CARD = "max-width:640px;margin:0 auto 16px;padding:24px;background:#ffffff;border-radius:8px"
HEADING = "margin:0 0 12px;font-size:18px;color:#0b5394"
NOTE = "max-width:640px;margin:0 auto 8px;color:#57606a;font-size:13px"


@dataclass(frozen=True, slots=True)
class Section:
    """A text under its heading; `language` (BCP 47) where it is known."""

    heading: str
    text: str
    language: str = ""


def page(
    title: str,
    sections: Sequence[Section],
    *,
    heading: str,
    sources: Sequence[tuple[str, str]],
    notes: Sequence[str],
) -> str:
    """Return the whole page; `sources` are titles and addresses under `heading`."""
    cards = [_card(each) for each in sections]
    if sources:
        cards.append(_sources(heading, sources))
    small = [f'<p style="{NOTE}">{escape(note)}</p>' for note in notes]
    return (
        '<!doctype html>\n<html lang="zh-Hant"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f'<title>{escape(title)}</title></head>\n<body style="{BODY}">\n'
        + "\n".join([*cards, *small])
        + "\n</body></html>\n"
    )


def _card(section: Section) -> str:
    language = f' lang="{escape(section.language)}"' if section.language else ""
    paragraphs = (each for each in section.text.split("\n\n") if each.strip())
    text = "\n".join(f'<p dir="auto">{_lines(each)}</p>' for each in paragraphs)
    return f'<section style="{CARD}"{language}>{_heading(section.heading)}\n{text}</section>'


def _sources(heading: str, sources: Sequence[tuple[str, str]]) -> str:
    items = "\n".join(
        f'<li><a href="{escape(url)}">{escape(title)}</a><br><small>{escape(url)}</small></li>'
        for title, url in sources
    )
    return f'<section style="{CARD}">{_heading(heading)}\n<ul>{items}</ul></section>'


def _heading(text: str) -> str:
    return f'<h2 style="{HEADING}" dir="auto">{escape(text)}</h2>'


def _lines(paragraph: str) -> str:
    return "<br>\n".join(escape(line) for line in paragraph.strip("\n").split("\n"))
