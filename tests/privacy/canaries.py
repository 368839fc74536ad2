"""Words that no file may hold, and every form in which a file might hold them."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

SHORTEST_BASE64 = 8
"""Fewer characters are found by chance."""


def forms(word: str | bytes) -> set[bytes]:
    """Return a word as files may spell it: encoded, escaped, in base64 at any offset, in hex."""
    raw = word if isinstance(word, bytes) else word.encode()
    found = {raw, raw.hex().encode(), raw.hex().upper().encode(), *_base64(raw)}
    if isinstance(word, str):
        escaped = word.encode("unicode_escape")
        utf16 = {word.encode(f"utf-16-{order}") for order in ("le", "be")}
        found |= {*utf16, escaped, *(form for each in utf16 for form in _base64(each))}
    return found


def files_with(root: Path, words: dict[str, str | bytes]) -> list[str]:
    """Return which canary stands in which file below a folder."""
    wanted = [(name, form) for name, word in words.items() for form in forms(word)]
    return sorted(
        f"{name} in {path.relative_to(root)}"
        for path, content in _contents(root)
        for name, form in wanted
        if form in content
    )


def _base64(raw: bytes) -> Iterator[bytes]:
    # Six bits a character: what stands before a word shifts it by none, one or two bytes, and the
    # characters at both ends are made of neighbours too.
    for before in range(3):
        encoded = b64encode(b"\0" * before + raw + b"\0\0")
        inner = encoded[(before * 8 + 5) // 6 : (before + len(raw)) * 8 // 6]
        if len(inner) >= SHORTEST_BASE64:
            yield inner


def _contents(root: Path) -> Iterator[tuple[Path, bytes]]:
    for path in root.rglob("*"):
        if path.is_file():
            try:
                yield path, path.read_bytes()
            except FileNotFoundError:  # a server tidies up while we look
                continue
