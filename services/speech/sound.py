"""Sound through FFmpeg (PyAV): m4a as LINE plays it, and how long something is.

All of it is CPU work, 6 ms for a second of speech: call it in a thread. Nothing touches the disk,
for it is what patients and nurses say.
"""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import cast

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError

from chassis.gemini_speech import SAMPLE_BYTES, Sound
from services.speech.kinds import kind_of

RATE = 24_000
"""AAC fills its last frame of 1,024 samples: at this rate a decoder hears 43 ms more at most."""
BIT_RATE = 48_000
CHANNELS = {1: "mono", 2: "stereo"}
NUMBERS = re.compile(r"\b(rate|channels)\s*=\s*\"?(\d{1,6})\b", re.IGNORECASE)
LOWEST_RATE, HIGHEST_RATE = 4_000, 192_000
MILLISECONDS = 1_000


class NoSound(Exception):
    """There is no sound in it, or not in a form that anybody can read."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """An m4a file and its true length."""

    data: bytes
    duration_ms: int


def to_m4a(sounds: Iterable[Sound]) -> Encoded:
    """Return sounds one after the other as one m4a file; raise NoSound when there is nothing."""
    try:
        return _encoded(sounds)
    except FFmpegError as error:
        raise NoSound(type(error).__name__) from error


def length_of(recording: Sound, *, at_most: timedelta) -> timedelta | None:
    """Return how long a recording is, decoded until it is longer than `at_most`.

    None when FFmpeg can't read it. What its header claims is not asked.
    """
    seconds, enough = 0.0, at_most.total_seconds()
    try:
        for frame in _frames(recording):
            seconds += frame.samples / frame.sample_rate
            if seconds > enough:
                break
    except (FFmpegError, NoSound):
        return timedelta(seconds=seconds) if seconds else None
    return timedelta(seconds=seconds)


def _encoded(sounds: Iterable[Sound]) -> Encoded:
    file = io.BytesIO()
    samples = 0
    with _writing(file) as container:
        stream = container.add_stream("aac", rate=RATE, layout="mono")
        stream.bit_rate = BIT_RATE
        for frame in _even(sounds):
            frame.pts = samples
            samples += frame.samples
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    duration_ms = round(samples * MILLISECONDS / RATE)
    if not duration_ms:
        raise NoSound("no samples")
    return Encoded(file.getvalue(), duration_ms)


def _writing(file: io.BytesIO) -> OutputContainer:
    """Open an m4a for writing whose index comes first: it plays before all of it is loaded.

    FFmpeg moves the index when all else is written, and opens the file anew to read it for that.
    """
    return av.open(
        file,
        "w",
        format="ipod",
        options={"movflags": "+faststart"},
        io_open=lambda *_: _Reading(file),
    )


class _Reading:
    """A second place in a file that is still being written."""

    def __init__(self, file: io.BytesIO) -> None:
        self._file = file
        self._place = 0

    def read(self, size: int) -> bytes:
        with self._file.getbuffer() as written:
            found = written[self._place : self._place + size].tobytes()
        self._place += len(found)
        return found

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        starts = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._end()}
        self._place = starts[whence] + offset
        return self._place

    def tell(self) -> int:
        return self._place

    def close(self) -> None:
        """Leave the file to its writer."""

    def _end(self) -> int:
        return self._file.getbuffer().nbytes


def _even(sounds: Iterable[Sound]) -> Iterator[AudioFrame]:
    """Yield all sounds in one form."""
    for sound in sounds:
        resampler = AudioResampler(format="fltp", layout="mono", rate=RATE)
        for frame in (*_frames(sound), None):
            for even in resampler.resample(frame):
                even.time_base = Fraction(1, RATE)
                yield even


def _frames(sound: Sound) -> Iterator[AudioFrame]:
    return _raw_frames(sound) if sound.is_raw else _decoded(sound)


def _decoded(sound: Sound) -> Iterator[AudioFrame]:
    kind = kind_of(sound.data, sound.media_type)
    with av.open(io.BytesIO(sound.data), format=kind.demuxer) as container:
        container = cast("InputContainer", container)
        if not container.streams.audio:
            raise NoSound("no audio stream")
        yield from container.decode(container.streams.audio[0])


def _raw_frames(sound: Sound) -> Iterator[AudioFrame]:
    rate, channels = _form(sound.media_type)
    size = SAMPLE_BYTES * channels
    whole = len(sound.data) // size * size
    for start in range(0, whole, rate * size):
        piece = sound.data[start : min(start + rate * size, whole)]
        frame = AudioFrame("s16", CHANNELS[channels], len(piece) // size)
        frame.planes[0].update(piece)
        frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), start // size
        yield frame


def _form(media_type: str) -> tuple[int, int]:
    """Return rate and channels of raw samples, as `audio/L16;codec=pcm;rate=24000` names them."""
    named = {name.lower(): int(value) for name, value in NUMBERS.findall(media_type)}
    rate, channels = named.get("rate", 0), named.get("channels", 1)
    if not LOWEST_RATE <= rate <= HIGHEST_RATE or channels not in CHANNELS:
        raise NoSound("samples of an unknown form")
    return rate, channels
