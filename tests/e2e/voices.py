"""Voice files: real WAV recordings that carry a tag, as a sound and as bytes."""

import io
import math
import wave
from array import array
from collections.abc import Iterator
from typing import Any

import av

RATE = 16_000
PITCH = 220.0


def recording(tag: str, seconds: float = 0.5) -> bytes:
    """Return a WAV of a tone; the tag stands in a chunk behind the sound, as comments do."""
    note = tag.encode().ljust(len(tag) + len(tag) % 2, b" ")
    chunk = b"note" + len(note).to_bytes(4, "little") + note
    plain = tone(seconds, RATE)
    size = int.from_bytes(plain[4:8], "little") + len(chunk)
    return plain[:4] + size.to_bytes(4, "little") + plain[8:] + chunk


def tone(seconds: float, rate: int) -> bytes:
    """Return a WAV file of a tone."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(samples(seconds, rate))
    return file.getvalue()


def samples(seconds: float, rate: int) -> bytes:
    """Return a tone as raw 16-bit samples."""
    turns = 2 * math.pi * PITCH / rate
    return array(
        "h", (int(8_000 * math.sin(turns * i)) for i in range(int(seconds * rate)))
    ).tobytes()


def decoded_ms(file: bytes) -> float:
    """Return how long a file sounds, by decoding all of it."""
    with av.open(io.BytesIO(file), mode="r") as container:
        frames: Iterator[Any] = container.decode(audio=0)
        return sum(1_000 * frame.samples / frame.sample_rate for frame in frames)
