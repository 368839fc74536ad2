"""Sounds of every kind, made here: tones as samples, as WAV, and as what FFmpeg makes of them."""

import io
import math
import wave
from array import array
from fractions import Fraction
from functools import cache
from typing import cast

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

PITCH = 220.0
RATE = 24_000
WRITERS = {
    "m4a": ("ipod", "aac"),
    "mp3": ("mp3", "libmp3lame"),
    "aac": ("adts", "aac"),
    "ogg": ("ogg", "libopus"),
    "flac": ("flac", "flac"),
    "aiff": ("aiff", "pcm_s16be"),
    "webm": ("webm", "libopus"),
    "wav": ("wav", "pcm_s16le"),
}
"""The endings of files, and FFmpeg's names for how to write them."""


def samples(count: int, rate: int = RATE) -> bytes:
    """Return a tone of so many 16-bit samples."""
    second = _second(rate)
    return (second * (2 * count // len(second) + 1))[: 2 * count]


@cache
def _second(rate: int) -> bytes:
    turns = 2 * math.pi * PITCH / rate  # the pitch is whole: one second follows on another
    return array("h", (int(8_000 * math.sin(turns * place)) for place in range(rate))).tobytes()


def tone(seconds: float, rate: int = RATE) -> bytes:
    """Return a WAV of a tone."""
    return wav(samples(int(seconds * rate), rate), rate=rate)


def wav(data: bytes, *, rate: int = RATE, channels: int = 1) -> bytes:
    """Return 16-bit samples as a WAV."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(data)
    return file.getvalue()


def written(ending: str, seconds: float = 1.0) -> bytes:
    """Return a tone as a file of some kind."""
    form, codec = WRITERS[ending]
    rate = 48_000
    file = io.BytesIO()
    with av.open(file, "w", format=form) as container:
        stream = cast("AudioStream", container.add_stream(codec, rate=rate, layout="mono"))
        data = samples(int(seconds * rate), rate)
        frame = AudioFrame("s16", "mono", len(data) // 2)
        frame.planes[0].update(data)
        frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def heard(data: bytes) -> float:
    """Return how many seconds a decoder hears."""
    with cast("InputContainer", av.open(io.BytesIO(data))) as container:
        return sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
