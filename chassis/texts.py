"""One form for what people type: in whatever width, with whatever phones leave at its ends."""

from unicodedata import normalize

# Invisible characters that phones and copy-and-paste leave at the ends of a text.
_INVISIBLE = "\x00\u200b\u200c\u200d\u2060\ufeff"


def normalised(text: str) -> str:
    """Return a text in its compatibility form, without blanks and invisible signs at its ends."""
    return trimmed(normalize("NFKC", _storable(text)))


def trimmed(text: str) -> str:
    """Return a text as it is written, without blanks and invisible signs at its ends."""
    return _trimmed(_storable(text))


def _storable(text: str) -> str:
    # A lone surrogate can't be stored: it becomes a question mark here, not an error later.
    return text.encode("utf-8", "replace").decode()


def _trimmed(text: str) -> str:
    shorter = text.strip().strip(_INVISIBLE)
    return shorter if shorter == text else _trimmed(shorter)
