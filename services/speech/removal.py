"""What becomes of the objects made of a message that its user took back: they go."""

from collections.abc import Iterable

from contracts.base import Event
from contracts.conversation import SpeechRequested, TranscriptionRequested
from services.speech.keys import audio_key, recordings_of
from services.speech.ports import Removable

REQUESTS: tuple[type[Event], ...] = (TranscriptionRequested, SpeechRequested)
"""What objects are made for."""


async def remove(
    objects: Removable, stream: str, message_id: str, asked: Iterable[Event]
) -> list[str]:
    """Remove the recording of a message and the audio of its words; return what was removed.

    `asked` are the conversation's requests. What is put after this look is not kept: see
    chassis.objects.sealed. Raises Unavailable when the store does not answer.
    """
    keys: list[str] = []
    for each in asked:
        match each:
            case TranscriptionRequested(message_id=recorded) if recorded == message_id:
                keys += await objects.list_keys(recordings_of(stream, message_id))
            case SpeechRequested(message_id=spoken) if spoken == message_id:
                keys.append(audio_key(stream, each.request_id))
            case _:
                pass
    await objects.delete(*keys)
    return keys
