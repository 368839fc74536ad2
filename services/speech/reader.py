"""Reading a text aloud: spoken, made an m4a, kept as an object."""

import asyncio
from dataclasses import dataclass

from chassis.decider import derived_id
from chassis.errors import Unavailable
from chassis.taigi import LANGUAGE as TAIGI
from contracts.conversation import SpeechRequested
from services.speech.kinds import M4A
from services.speech.ports import NoResult, Objects, Script, Uttered, Voice
from services.speech.sound import Encoded, NoSound, to_m4a

LONGEST_TEXT = 5_000
CONTENT_TYPE = "audio/mp4"
"""As players know m4a, iPhones' among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAloud:
    """Where the audio of a text lies, how long it is, and what read it."""

    object_key: str
    duration_ms: int
    model: str
    prompt: str


class Reader:
    """Reads texts aloud."""

    def __init__(self, voice: Voice, taigi: Voice, objects: Objects) -> None:
        """Speak 台語 through `taigi` and all else through `voice`; keep the audio in `objects`."""
        self._voice = voice
        self._taigi = taigi
        self._objects = objects

    async def read_aloud(self, stream: str, asked: SpeechRequested) -> ReadAloud:
        """Return the audio of a text before its deadline, or raise NoResult."""
        script = _script(stream, asked)
        voice = self._taigi if asked.language == TAIGI else self._voice
        uttered = await voice.speak(script, asked.answer_by)
        encoded = await _encoded(uttered)
        # The same request has the same object: made twice, it lies there once.
        key = f"tts_audio/{stream}/{derived_id(asked.request_id, 'audio')}.{M4A.extension}"
        await self._keep(stream, key, encoded)
        return ReadAloud(
            object_key=key,
            duration_ms=encoded.duration_ms,
            model=uttered.model,
            prompt=uttered.prompt,
        )

    async def _keep(self, stream: str, key: str, encoded: Encoded) -> None:
        try:
            await self._objects.put(stream, key, encoded.data, content_type=CONTENT_TYPE)
        except Unavailable as error:
            raise NoResult("unavailable") from error


def _script(stream: str, asked: SpeechRequested) -> Script:
    if len(asked.text) > LONGEST_TEXT:
        raise NoResult("too_large")
    if not asked.text.strip():
        raise NoResult("empty")
    return Script(
        stream=stream, text=asked.text, language=asked.language, reading=asked.reading.strip()
    )


async def _encoded(uttered: Uttered) -> Encoded:
    try:
        return await asyncio.to_thread(to_m4a, uttered.sounds)
    except NoSound as error:
        raise NoResult("malformed") from error
