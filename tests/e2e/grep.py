"""Looking for somebody's words in every file of a data folder, in all forms they may take."""

import base64
from collections.abc import Iterator
from pathlib import Path

_ALIGNMENTS = 3
_BASE64_EDGE = 4


def forms(word: str) -> set[bytes]:
    """Return a word as bytes: plain, UTF-16, JSON-escaped, and within base64 at any alignment."""
    plain = word.encode()
    return {
        plain,
        word.encode("utf-16-le"),
        word.encode("utf-16-be"),
        word.encode("ascii", "backslashreplace"),
        *(_within_base64(plain, shift) for shift in range(_ALIGNMENTS)),
    }


def _within_base64(plain: bytes, shift: int) -> bytes:
    """Return the letters of base64 that do not depend on what stands around the word."""
    return base64.b64encode(b"\0" * shift + plain)[_BASE64_EDGE * bool(shift) : -_BASE64_EDGE]


def found(folder: Path, words: list[str]) -> list[str]:
    """Return the files below a folder that hold one of the words, and which."""
    sought = {form: word for word in words for form in forms(word)}
    return [
        f"{path.relative_to(folder)}: {sought[form]}"
        for path, content in _files(folder)
        for form in sought
        if form in content
    ]


def _files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            try:
                yield path, path.read_bytes()
            except FileNotFoundError:  # a server's temporary file
                continue
