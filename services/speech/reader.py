"""Reading a text aloud: spoken, made an m4a, kept as an object."""

import asyncio
from dataclasses import dataclass

from chassis.errors import Unavailable
from chassis.taigi import LANGUAGE as TAIGI
from contracts.base import CloudEvent
from contracts.conversation import SpeechRequested
from services.speech.keys import audio_key
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

    async def read_aloud(self, asked: CloudEvent[SpeechRequested]) -> ReadAloud:
        """Return the audio of a text before its deadline, or raise NoResult."""
        wish = asked.data
        script = _script(asked.stream, wish)
        voice = self._taigi if wish.language == TAIGI else self._voice
        uttered = await voice.speak(script, wish.answer_by)
        encoded = await _encoded(uttered)
        key = audio_key(asked.stream, wish.request_id)
        await self._keep(asked, key, encoded)
        return ReadAloud(
            object_key=key,
            duration_ms=encoded.duration_ms,
            model=uttered.model,
            prompt=uttered.prompt,
        )

    async def _keep(self, asked: CloudEvent[SpeechRequested], key: str, encoded: Encoded) -> None:
        words_of = asked.data.message_id
        try:
            kept = await self._objects.put(
                asked, key, encoded.data, content_type=CONTENT_TYPE, words_of=words_of
            )
        except Unavailable as error:
            raise NoResult("unavailable") from error
        if not kept:
            raise NoResult("gone")


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
