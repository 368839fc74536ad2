"""台語: plain Chinese by Gemini, its romanisation by the Taigi service."""

from datetime import datetime

from chassis.errors import Unavailable
from chassis.gemini import Gemini, failure_reason, recipe
from chassis.gemini_failures import ModelFailed
from chassis.gemini_reading import Generated
from chassis.prompts import read_prompt
from chassis.taigi import MODEL, Taigi, TaigiRefused
from chassis.taigi import failure_reason as taigi_failure_reason
from services.translation.ports import NoTranslation, Translated

PROMPT_VERSION = 1
SCHEMA = {
    "type": "OBJECT",
    "properties": {"plain_chinese": {"type": "STRING"}},
    "required": ["plain_chinese"],
}


class TaigiTranslator:
    """Puts a sentence into plain Chinese and that into Taigi.

    One way only: whoever writes 台語 writes it in Chinese characters. Half an answer is none: what
    is asked for is the romanisation, and an apology offers to try again.
    """

    def __init__(self, model: Gemini, taigi: Taigi | None) -> None:
        """Read the prompt and prepare the question, once. Without a service all is declined."""
        self._model = model
        self._taigi = taigi
        self._prompt = read_prompt("services.translation", "plain_chinese", version=PROMPT_VERSION)
        self._recipe = recipe(self._prompt.text, schema=SCHEMA, needed=("plain_chinese",))

    async def translate(self, text: str, language: str, deadline: datetime) -> Translated:
        """Return the sentence in both before the deadline, or raise NoTranslation."""
        if self._taigi is None:
            raise NoTranslation("off")
        said = await self._plain(text, language, deadline)
        plain = str(said.fields["plain_chinese"]).strip()
        return Translated(
            direction="from_chinese",
            plain=plain,
            translation=await _romanised(self._taigi, plain, deadline),
            model=f"{said.model_version}+{MODEL}",
            prompt=self._prompt.id,
            input_tokens=said.input_tokens,
            output_tokens=said.output_tokens,
        )

    async def _plain(self, text: str, language: str, deadline: datetime) -> Generated:
        data = {"task": "interpret", "text": text, "language": language}
        try:
            return await self._model.ask(self._recipe, data, deadline=deadline)
        except (ModelFailed, Unavailable) as error:
            raise NoTranslation(failure_reason(error)) from error


async def _romanised(taigi: Taigi, plain: str, deadline: datetime) -> str:
    try:
        return await taigi.romanise(plain, deadline=deadline)
    except (TaigiRefused, Unavailable) as error:
        raise NoTranslation(taigi_failure_reason(error)) from error
