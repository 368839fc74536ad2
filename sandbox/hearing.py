"""What the stand-in of Gemini hears in a recording: what was written beside it, else a guess.

The sandbox understands no speech. The page and tests put the sentence beside the sound; for any
other recording it says a sentence of its phrasebook, always the same for the same bytes, marked.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.library import Library

NOT_HEARD = "(沙盒，未辨識語音，示範句)"
_MOST = 1_000
_NOTES = (b"note", b"ICMT")
_LIST_HEADER = 4
_CHUNK_HEADER = 8
_RIFF_HEADER = 12


@dataclass(frozen=True, slots=True)
class Transcripts:
    """What recordings say, by what they are made of."""

    _known: OrderedDict[bytes, str] = field(default_factory=OrderedDict[bytes, str])

    def keep(self, sound: bytes, words: str) -> None:
        """Write down what a recording says; no words mean that nothing can be made out."""
        self._known[_digest(sound)] = words
        while len(self._known) > _MOST:
            self._known.popitem(last=False)

    def heard(self, sound: bytes, library: Library) -> str:
        """Return what a recording says."""
        known = self._known.get(_digest(sound))
        if known is not None:
            return known
        return _comment(sound) or f"{NOT_HEARD} {_guess(sound, library)}"

    def clear(self) -> None:
        """Forget all."""
        self._known.clear()


def without_mark(text: str) -> str:
    """Return a sentence without the remark that it was a guess."""
    return text.removeprefix(NOT_HEARD).strip()


def _digest(sound: bytes) -> bytes:
    return hashlib.sha256(sound).digest()


def _guess(sound: bytes, library: Library) -> str:
    return library.phrases[_digest(sound)[0] % len(library.phrases)].texts["zh"]


def _comment(sound: bytes) -> str:
    """Return the comment in a WAV file, empty when there is none."""
    if sound[:4] != b"RIFF" or sound[8:12] != b"WAVE":
        return ""
    notes = (content for name, content in _chunks(sound[_RIFF_HEADER:]) if name in _NOTES)
    return next(notes, b"").rstrip(b"\0 ").decode("utf-8", "ignore").strip()


def _chunks(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + _CHUNK_HEADER <= len(body):
        name, size = body[at : at + 4], int.from_bytes(body[at + 4 : at + 8], "little")
        content = body[at + _CHUNK_HEADER : at + _CHUNK_HEADER + size]
        if name == b"LIST":
            yield from _chunks(content[_LIST_HEADER:])
        else:
            yield name, content
        at += _CHUNK_HEADER + size + size % 2
