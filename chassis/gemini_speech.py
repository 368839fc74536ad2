"""Sound to and from Gemini: a recording as a part of a question, speech out of an answer. Pure."""

import binascii
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any

from chassis.gemini_failures import Malformed
from chassis.gemini_reading import Reply, read_reply
from chassis.shapes import Json, as_object, as_text

RAW = re.compile(r"audio/(?:l16|pcm|x-pcm)\b", re.IGNORECASE)
SAMPLE_BYTES = 2
RIFF, WAVE = b"RIFF", b"WAVE"
HEADER_BYTES = 8
UNTOLD_SIZES = frozenset({0, 0xFFFFFFFF})
"""What a WAV that was written as a stream says of its size."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Audio, as its media type says: a file, or raw 16-bit samples (`audio/L16;rate=24000`)."""

    media_type: str
    data: bytes

    @property
    def is_raw(self) -> bool:
        """Whether these are samples without a file around them."""
        return self.data[:4] != RIFF and RAW.match(self.media_type) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What the model read aloud."""

    sound: Sound
    model_version: str = ""
    input_tokens: int = 0
    output_tokens: int = 0


def as_part(sound: Sound) -> dict[str, Any]:
    """Return a sound as a part of a question.

    In plain base64, as Gemini documents it: the SDK would write the variant for URLs.
    """
    data = b64encode(sound.data).decode()
    return {"inlineData": {"mimeType": sound.media_type, "data": data}}


def read_spoken(body: str | bytes) -> Spoken:
    """Return the speech in a body of generateContent, or raise what is wrong with it."""
    reply = read_reply(body)
    pieces = [blob for part in reply.parts if (blob := as_object(part.get("inlineData")))]
    sound = _joined([_sound(blob) for blob in pieces], reply)
    return Spoken(
        sound=sound,
        model_version=reply.model_version,
        input_tokens=reply.input_tokens,
        output_tokens=reply.output_tokens,
    )


def _sound(blob: Json) -> Sound:
    try:
        data = b64decode(as_text(blob.get("data")), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("no base64") from error
    return Sound(as_text(blob.get("mimeType")).strip(), data)


def _joined(pieces: list[Sound], reply: Reply) -> Sound:
    """Return one sound of all pieces; speech that broke off may lack a "not": it is none."""
    sound = Sound(pieces[0].media_type if pieces else "", b"".join(each.data for each in pieces))
    if not sound.data:
        raise reply.silence()
    if len({each.media_type for each in pieces}) > 1 or (len(pieces) > 1 and not sound.is_raw):
        raise Malformed("pieces that do not belong together")
    if sound.is_raw and len(sound.data) % SAMPLE_BYTES:
        raise Malformed("half a sample")
    if is_cut(sound.data):
        raise Malformed("a WAV that broke off")
    return sound


def is_cut(data: bytes) -> bool:
    """Tell whether a WAV is shorter than it says of itself."""
    if data[:4] != RIFF or data[8:12] != WAVE:
        return False
    size = int.from_bytes(data[4:8], "little")
    padding = 1  # some writers count the byte that makes a chunk even, and leave it out
    return size not in UNTOLD_SIZES and len(data) + padding < size + HEADER_BYTES
