"""Gemini as the one who writes down and the one who reads aloud."""

from collections.abc import Callable
from datetime import datetime

from chassis.errors import Unavailable
from chassis.gemini import Gemini, failure_reason, recipe, speech_recipe
from chassis.gemini_failures import ModelFailed
from chassis.gemini_speech import Sound
from chassis.prompts import read_prompt
from chassis.resilience import Budget
from chassis.shapes import as_text
from services.speech.ports import NoResult, Script, Transcript, Uttered

PACKAGE = "services.speech"
VOICE = "Kore"
SCHEMA = {
    "type": "OBJECT",
    "properties": {"transcript": {"type": "STRING"}},
    "required": ["transcript"],
}


class GeminiTranscriber:
    """Writes down through Gemini."""

    def __init__(self, model: Gemini) -> None:
        """Read the prompt and prepare the question, once."""
        self._model = model
        self._prompt = read_prompt(PACKAGE, "transcribe", version=1)
        self._recipe = recipe(self._prompt.text, schema=SCHEMA)

    async def transcribe(self, sound: Sound, language: str, deadline: datetime) -> Transcript:
        """Return what is said, in Chinese or in `language`, or raise NoResult."""
        data = {"task": "transcribe", "language": language}
        try:
            said = await self._model.ask(self._recipe, data, deadline=deadline, sound=sound)
        except (ModelFailed, Unavailable) as error:
            raise NoResult(failure_reason(error)) from error
        if not isinstance(said.fields.get("transcript"), str):
            raise NoResult("malformed")
        text = as_text(said.fields["transcript"]).strip()
        if not text:
            raise NoResult("empty")
        return Transcript(
            text=text,
            model=said.model_version,
            prompt=self._prompt.id,
            input_tokens=said.input_tokens,
            output_tokens=said.output_tokens,
        )


class GeminiVoice:
    """Reads aloud through Gemini's speech model."""

    def __init__(self, model: Gemini, budget: Callable[[str], Budget]) -> None:
        """Read within the budget that `budget` gives for a stream."""
        self._model = model
        self._budget = budget
        self._prompt = read_prompt(PACKAGE, "speak", version=1)
        self._recipe = speech_recipe(VOICE)

    async def speak(self, script: Script, deadline: datetime) -> Uttered:
        """Return a text read aloud before the deadline, or raise NoResult."""
        try:
            said = await self._model.speak(
                self._recipe,
                self._question(script),
                deadline=deadline,
                budget=self._budget(script.stream),
            )
        except (ModelFailed, Unavailable) as error:
            raise NoResult(failure_reason(error)) from error
        return Uttered(sounds=(said.sound,), model=said.model_version, prompt=self._prompt.id)

    def _question(self, script: Script) -> str:
        # These models take no system instruction, and take a bare question for one to be answered.
        return f"{self._prompt.text}\n\nLANGUAGE: {script.language}\nTRANSCRIPT:\n{script.text}"
