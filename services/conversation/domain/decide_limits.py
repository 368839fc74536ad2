"""Messages over a limit: told so, never worked on, and no burden to those that wait."""

from datetime import timedelta

from contracts.answer import Answer
from contracts.gateway import Limit
from services.conversation.domain import wording
from services.conversation.domain.answers import guidance, mode_of, reply
from services.conversation.domain.choices import WHILE_WORKING
from services.conversation.domain.facts import Decision, InputIgnored, SlowedDown
from services.conversation.domain.pending import Said
from services.conversation.domain.state import Conversation

AGAIN_AFTER = timedelta(minutes=1)
"""Whoever sends too much is told so once in this time: more answers would be noise."""


def over_limit(said: Said, limit: Limit, state: Conversation) -> list[Decision]:
    """Decide on a message that came over its user's limit, or over that of all together."""
    mode = mode_of(state.phase)
    if limit == "all":
        return [reply(said, _saying(wording.BUSY, state), mode=mode, outcome="apologised")]
    if state.limited_at is not None and state.now - state.limited_at < AGAIN_AFTER:
        return [InputIgnored(reason="over_limit")]
    return [SlowedDown(), reply(said, _saying(wording.TOO_MANY, state), mode=mode)]


def _saying(words: str, state: Conversation) -> Answer:
    if state.work is not None:
        return Answer(main=words, choices=WHILE_WORKING)
    return guidance(state.phase, words)
