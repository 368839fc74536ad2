"""The Taigi service as a voice."""

from datetime import datetime

from chassis.errors import Unavailable
from chassis.taigi import MODEL, Taigi, TaigiRefused, failure_reason
from services.speech.ports import NoResult, Script, Uttered


class TaigiVoice:
    """Reads aloud through the Taigi service."""

    def __init__(self, taigi: Taigi | None) -> None:
        """Without a service every text is declined."""
        self._taigi = taigi

    async def speak(self, script: Script, deadline: datetime) -> Uttered:
        """Return a text read aloud, by its romanisation if that is known, or raise NoResult."""
        if self._taigi is None:
            raise NoResult("off")
        try:
            tlpa = script.reading or await self._taigi.romanise(script.text, deadline=deadline)
            sounds = await self._taigi.speak(tlpa, deadline=deadline)
        except (TaigiRefused, Unavailable) as error:
            raise NoResult(failure_reason(error)) from error
        return Uttered(sounds=sounds, model=MODEL)
