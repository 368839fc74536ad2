"""What kind of audio a file is: by its first bytes, then by what its sender said of it. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of audio file: its ending, its media type for Gemini, its reader's name in FFmpeg.

    `understood`: Gemini takes it as it is.
    """

    extension: str
    media_type: str
    demuxer: str
    understood: bool = True


M4A = Kind(extension="m4a", media_type="audio/m4a", demuxer="mov")
WAV = Kind(extension="wav", media_type="audio/wav", demuxer="wav")
MP3 = Kind(extension="mp3", media_type="audio/mp3", demuxer="mp3")
AAC = Kind(extension="aac", media_type="audio/aac", demuxer="aac")
OGG = Kind(extension="ogg", media_type="audio/ogg", demuxer="ogg")
FLAC = Kind(extension="flac", media_type="audio/flac", demuxer="flac")
AIFF = Kind(extension="aiff", media_type="audio/aiff", demuxer="aiff")
# What a browser's recorder makes; Gemini's API documents it for video only.
WEBM = Kind(extension="webm", media_type="audio/webm", demuxer="matroska", understood=False)

_BEGINNINGS = {
    b"fLaC": FLAC,
    b"OggS": OGG,
    b"ID3": MP3,
    b"ADIF": AAC,
    b"\x1aE\xdf\xa3": WEBM,
}
_FORMS = {b"WAVE": WAV, b"AIFF": AIFF, b"AIFC": AIFF}
_NAMES: dict[str, Kind] = {
    **dict.fromkeys(("m4a", "x-m4a", "mp4", "mp4a-latm"), M4A),
    **dict.fromkeys(("wav", "x-wav", "wave", "vnd.wave"), WAV),
    **dict.fromkeys(("mp3", "mpeg", "mpeg3", "x-mp3", "x-mpeg"), MP3),
    **dict.fromkeys(("aac", "x-aac", "aacp"), AAC),
    **dict.fromkeys(("ogg", "opus", "vorbis"), OGG),
    **dict.fromkeys(("flac", "x-flac"), FLAC),
    **dict.fromkeys(("aiff", "x-aiff", "aif"), AIFF),
    "webm": WEBM,
}
_SYNC, _SYNC_MASK, _LAYER_MASK = 0xFFE0, 0xFFE0, 0x0006


def kind_of(data: bytes, media_type: str = "") -> Kind:
    """Return what kind of audio this is; m4a, as LINE records it, when nothing tells."""
    return sniffed(data) or _named(media_type) or M4A


def sniffed(data: bytes) -> Kind | None:
    """Return the kind that the first bytes of a file tell, if they tell one."""
    if data[4:8] == b"ftyp":
        return M4A
    if data[:4] in {b"RIFF", b"RF64", b"FORM"}:
        return _FORMS.get(data[8:12])
    known = (kind for beginning, kind in _BEGINNINGS.items() if data.startswith(beginning))
    return next(known, None) or _framed(data)


def _framed(data: bytes) -> Kind | None:
    """Return the kind of a file that is nothing but frames of MPEG audio, or of AAC (layer 0)."""
    head = int.from_bytes(data[:2])
    if head & _SYNC_MASK != _SYNC:
        return None
    return MP3 if head & _LAYER_MASK else AAC


def _named(media_type: str) -> Kind | None:
    main, _, name = media_type.partition(";")[0].strip().lower().partition("/")
    return _NAMES.get(name) if main in {"audio", "video", "application"} else None
