"""Upstreams with moods: while one lasts, a share of all calls fails in its way."""

from random import Random
from typing import Literal

from tests.e2e.gemini import Gemini
from tests.e2e.line import Line

ModelMood = Literal["", "hang", "429", "500", "503", "html", "truncated", "empty"]
LineMood = Literal["", "500", "503", "accepted_500", "accepted_hang"]
USUAL_SHARE = 0.3


class MoodyGemini(Gemini):
    """The model, which fails a share of its calls while it is in a mood."""

    def __init__(self, chance: Random) -> None:
        """Be in no mood at all."""
        super().__init__()
        self.mood: ModelMood = ""
        self.share = USUAL_SHARE
        self._chance = chance

    def _fault(self, tag: str) -> str:
        # What was asked is nobody's business here, and would be all there is after an hour.
        self.calls.clear()
        self.called_at.clear()
        moody = self.mood and self._chance.random() < self.share
        return self.mood if moody else super()._fault(tag)


class MoodyLine(Line):
    """LINE, which refuses or forgets to confirm a share of the sends while it is in a mood."""

    def __init__(self, chance: Random) -> None:
        """Be in no mood at all."""
        super().__init__()
        self.mood: LineMood = ""
        self.share = USUAL_SHARE
        self._chance = chance

    def _fault(self, user: str) -> int | str:
        if self.mood and self._chance.random() < self.share:
            return int(self.mood) if self.mood.isdigit() else self.mood
        return super()._fault(user)
