"""Writing a voice message down: fetched, measured, archived beside the work, heard."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from chassis.gemini_speech import Sound
from contracts.base import CloudEvent
from contracts.conversation import TranscriptionRequested
from services.speech.keys import recording_key
from services.speech.kinds import M4A
from services.speech.ports import Archive, NoResult, Recording, Recordings, Transcriber, Transcript
from services.speech.sound import NoSound, length_of, to_m4a

LONGEST = timedelta(minutes=5, seconds=30)
"""What LINE says a message lasts is asked before; this is for those of which it says too little."""


@dataclass(frozen=True, slots=True)
class WrittenDown:
    """A transcript, and where the recording is archived."""

    transcript: Transcript
    object_key: str


class Scribe:
    """Writes voice messages down."""

    def __init__(self, recordings: Recordings, transcriber: Transcriber, archive: Archive) -> None:
        """Fetch from `recordings`, hear through `transcriber`, keep a copy in `archive`."""
        self._recordings = recordings
        self._transcriber = transcriber
        self._archive = archive

    async def write_down(self, asked: CloudEvent[TranscriptionRequested]) -> WrittenDown:
        """Return what a voice message says before its deadline, or raise NoResult."""
        wish = asked.data
        recording = await self._recordings.fetch(wish.message_id, wish.answer_by)
        sound = await asyncio.to_thread(_heard_in_time, recording)
        key = recording_key(asked.stream, wish.message_id, recording.kind)
        self._archive.keep(
            asked,
            key,
            recording.data,
            content_type=recording.kind.media_type,
            words_of=wish.message_id,
        )
        transcript = await self._transcriber.transcribe(sound, wish.language, wish.answer_by)
        return WrittenDown(transcript, key)


def _heard_in_time(recording: Recording) -> Sound:
    """Return a recording in a form that Gemini takes, or refuse it for its length.

    One that FFmpeg can't read is left to Gemini's judgement.
    """
    sound = Sound(recording.kind.media_type, recording.data)
    length = length_of(sound, at_most=LONGEST)
    if length is not None and length > LONGEST:
        raise NoResult("too_large")
    if recording.kind.understood:
        return sound
    try:
        return Sound(M4A.media_type, to_m4a([sound]).data)
    except NoSound as error:
        raise NoResult("malformed") from error
