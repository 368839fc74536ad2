"""Under which keys the objects of the speech service lie."""

from urllib.parse import quote

from chassis.decider import derived_id
from services.speech.kinds import M4A, Kind


def recordings_of(stream: str, message_id: str) -> str:
    """Return how the key of a voice message begins, whatever kind it is of."""
    return f"voicemail/{stream}/{quote(message_id, safe='')}."


def recording_key(stream: str, message_id: str, kind: Kind) -> str:
    """Return where the recording of a voice message lies."""
    return f"{recordings_of(stream, message_id)}{kind.extension}"


def audio_key(stream: str, request_id: str) -> str:
    """Return where the audio of a request lies: made twice, it lies there once."""
    return f"tts_audio/{stream}/{derived_id(request_id, 'audio')}.{M4A.extension}"
