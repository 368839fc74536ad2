"""Making a text presentable: what LINE refuses or cannot show is taken out."""

import re
import unicodedata

_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_NEW_LINE = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
REPLACEMENT = "\ufffd"

# They are letters, marks or symbols by their category, and yet nothing is seen of them.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    chr(code) for code in (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
}
_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})


def clean(text: str) -> str:
    """Return the text without control characters, lone surrogates and odd line ends."""
    if not _UNWANTED.search(text):
        return text
    text = _LONE_SURROGATE.sub(REPLACEMENT, _NEW_LINE.sub("\n", text))
    return _UNWANTED.sub("", text)


def is_visible(text: str) -> bool:
    """Tell whether a reader sees anything of a text; LINE refuses one that is blank."""
    return any(
        each not in _BLANK and unicodedata.category(each) not in _UNSEEN_CATEGORIES for each in text
    )


def presentable(text: str) -> str:
    """Return the text cleaned and trimmed; empty when nothing of it can be seen."""
    shown = clean(text).strip()
    return shown if is_visible(shown) else ""


def one_line(text: str) -> str:
    """Return a presentable text in one line."""
    return " ".join(presentable(text).split())
