"""The conversation's decider: what was said and made, what is to be done, and nothing else.

The stream is the mailbox: an input waits in the state until a decision names it as its cause.

    while (pending := next_input(state)) is not None:
        decided = decide(pending, state)   # to be recorded with pending.id as their cause
"""

from services.conversation.domain.decide import decide, turn_of
from services.conversation.domain.decide_data import open_turns
from services.conversation.domain.evolve import evolve
from services.conversation.domain.facts import FACTS
from services.conversation.domain.languages import parse_language
from services.conversation.domain.mailbox import IDLE, INPUTS
from services.conversation.domain.pending import Pending
from services.conversation.domain.schedule import (
    is_at_rest,
    next_input,
    noted_time,
    overdue,
    wake_at,
)
from services.conversation.domain.snapshots import FORMAT, decode_state, encode_state
from services.conversation.domain.state import INITIAL, Conversation

__all__ = [
    "FACTS",
    "FORMAT",
    "IDLE",
    "INITIAL",
    "INPUTS",
    "Conversation",
    "Pending",
    "decide",
    "decode_state",
    "encode_state",
    "evolve",
    "is_at_rest",
    "next_input",
    "noted_time",
    "open_turns",
    "overdue",
    "parse_language",
    "turn_of",
    "wake_at",
]
