"""Sound made from text: a small melody that anybody can tell from a voice, in lengths that fit."""

from __future__ import annotations

import io
import math
import re
import wave
from array import array
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LOUDNESS = 9_000
_NOTE_SECONDS = 0.16
_REST_SECONDS = 0.09
# A longer text ends here: some megabytes are enough to show how a long answer plays.
_MOST_NOTES = 500
# Five tones without a half step between them: whatever follows whatever sounds well.
_SCALE = (261.63, 293.66, 329.63, 392.0, 440.0, 523.25)
_PIECES = re.compile(r"[a-zA-Z\u00c0-\u024f\u1e00-\u1eff]{1,3}|\d|\w|[^\w]+")
_SYLLABLE = re.compile(r"[a-z]+([1-9])|\w|[^\w]+", re.IGNORECASE)
# Taigi's tones as the pitches a syllable begins and ends with, and its share of a full length.
_TONES = {
    "1": (392.0, 392.0, 1.0),
    "2": (392.0, 261.63, 0.9),
    "3": (261.63, 220.0, 1.0),
    "4": (293.66, 246.94, 0.5),
    "5": (246.94, 349.23, 1.1),
    "7": (311.13, 311.13, 1.0),
    "8": (392.0, 370.0, 0.5),
}


def melody(text: str, rate: int) -> bytes:
    """Return a text as 16-bit samples of one channel: a note a syllable, a rest a pause."""
    return b"".join(islice(_notes(text, rate), _MOST_NOTES))


def chant(romanised: str, rate: int) -> bytes:
    """Return a Taigi romanisation as samples: each syllable rises or falls by its tone."""
    return b"".join(islice(_syllables(romanised, rate), _MOST_NOTES))


def wav(samples: bytes, rate: int) -> bytes:
    """Return samples as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(samples)
    return file.getvalue()


def _notes(text: str, rate: int) -> Iterator[bytes]:
    yield _rest(rate)
    for piece in _PIECES.findall(text):
        pitch = _SCALE[sum(map(ord, piece)) % len(_SCALE)]
        yield _tone(pitch, pitch, 1.0, rate) if piece[0].isalnum() else _rest(rate)


def _syllables(romanised: str, rate: int) -> Iterator[bytes]:
    yield _rest(rate)
    for found in _SYLLABLE.finditer(romanised):
        if found.group()[0].isalnum():
            yield _tone(*_TONES.get(found.group(1) or "7", _TONES["7"]), rate)
        else:
            yield _rest(rate)


@cache
def _rest(rate: int) -> bytes:
    return bytes(2 * int(_REST_SECONDS * rate))


@cache
def _tone(begins: float, ends: float, share: float, rate: int) -> bytes:
    count = int(_NOTE_SECONDS * share * rate)
    return array("h", _wave(begins, ends, count, rate)).tobytes()


def _wave(begins: float, ends: float, count: int, rate: int) -> Iterable[int]:
    phase = 0.0
    for index in range(count):
        place = index / count
        phase += 2 * math.pi * (begins + (ends - begins) * place) / rate
        # Swelling and fading: a note that is cut off clicks.
        volume = _LOUDNESS * math.sin(math.pi * place) ** 0.6
        yield int(volume * (0.8 * math.sin(phase) + 0.2 * math.sin(2 * phase)))
