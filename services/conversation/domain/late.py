"""Answers that take longer than a reply token lives: what spends the token, what brings another."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from contracts.base import CloudEvent
from services.conversation.domain.facts import AnswerHeld
from services.conversation.domain.pending import Lapsed, Pending, Said
from services.conversation.domain.state import Conversation, Held, Work

TOKEN_GOOD_FOR = timedelta(seconds=50)
"""LINE's reply token lives one minute; ten seconds are for the way there and a slow clock."""
SAY_SO_AFTER = timedelta(seconds=40)
"""The sweeper looks once a second, and the word must be out while the token is good."""
HELD_FOR = timedelta(seconds=15)
"""A push costs quota: so long the user has to tap for the answer."""
HELD_PAST_DEADLINE = timedelta(seconds=5)
"""Nobody is silent for 120 s: what comes at the deadline of 110 s is held for less."""


def token_time(said: Said, now: datetime) -> datetime | None:
    """Return when the token of a message is to be spent on word of the work; None for never."""
    at = said.received_at + SAY_SO_AFTER
    return at if said.reply_token and now < at else None


def is_token_good(said: Said, now: datetime) -> bool:
    """Tell whether a message has a reply token that still works."""
    return said.reply_token != "" and now < said.received_at + TOKEN_GOOD_FOR


def by_token_of(work: Work) -> Said:
    """Return the message by whose token the turn in hand can be answered: without one if spent."""
    by = work.lender or work.said
    return tokenless(by) if work.spent else by


def tokenless(said: Said) -> Said:
    """Return a message as one that can only be answered by a push."""
    return replace(said, reply_token="")


def held_until(work: Work, now: datetime) -> datetime:
    """Return how long the answer of a turn may wait for the user's tap."""
    latest = max(now, work.answer_by + HELD_PAST_DEADLINE)
    return min(now + HELD_FOR, latest)


def lent(state: Conversation, cause: Pending | None) -> Conversation:
    """Return the state in which the turn in hand goes out by the token of the message given."""
    if state.work is None or not isinstance(cause, Said):
        return state
    token_at = token_time(cause, state.now)
    work = replace(state.work, lender=cause, token_at=token_at, spent=False)
    return replace(state, work=work)


def spent(state: Conversation, turn_id: str) -> Conversation:
    """Return the state in which the token of the turn in hand is used up."""
    if state.work is None or state.work.said.id != turn_id:
        return state
    return replace(state, work=replace(state.work, token_at=None, spent=True))


def lapsed(state: Conversation, lapse: Lapsed) -> Conversation:
    """Return the state in which the time to spend the token is noted: it comes but once."""
    work = state.work
    if lapse.about != "token" or work is None or work.token_at is None:
        return state
    if lapse.passed_at < work.token_at:
        return state
    return replace(state, work=replace(work, token_at=None))


def held(state: Conversation, event: CloudEvent[AnswerHeld]) -> Conversation:
    """Return the state in which the answer of the turn in hand waits for a tap."""
    work, kept = state.work, event.data
    if work is None:
        return state
    waiting = Held(
        request_id=kept.request_id,
        said=work.said,
        answer=kept.answer,
        outcome=kept.outcome,
        mode=kept.mode,
        until=kept.until,
        message_id=work.message_id,
    )
    return replace(state, held=waiting)


def let_go(state: Conversation, turn_id: str) -> Conversation:
    """Return the state after the answer of a turn went out: if it was held, it no longer is."""
    if state.held is None or state.held.said.id != turn_id:
        return state
    return replace(state, held=None)
