"""Answers that take longer than a reply token lives, and the taps that bring new tokens."""

from contracts.answer import Answer
from contracts.conversation import Mode, Outcome, ReplyRequested
from services.conversation.domain.answers import released, reply, still_working
from services.conversation.domain.facts import AnswerHeld, Decision, InputIgnored, TokenLent
from services.conversation.domain.late import (
    SAY_SO_AFTER,
    by_token_of,
    held_until,
    is_token_good,
)
from services.conversation.domain.pending import Lapsed, Said
from services.conversation.domain.schedule import in_order, is_ending, is_interrupting
from services.conversation.domain.state import Conversation, Work
from services.conversation.domain.taps import is_for_result


def on_tap(said: Said, state: Conversation) -> list[Decision]:
    """Take the token of a user who wants to see the result; what is held goes out by it at once."""
    if state.work is not None:
        return [TokenLent(request_id=state.work.request_id)]
    if state.held is None:
        return [InputIgnored(reason="late")]
    return [TokenLent(request_id=state.held.request_id), released(state.held, by=said)]


def on_lapse(lapse: Lapsed, state: Conversation) -> list[Decision]:
    """Decide when a token runs out or a held answer was not tapped for."""
    work, held = state.work, state.held
    if lapse.about == "tap" and held is not None and held.request_id == lapse.request_id:
        return [released(held)]
    if lapse.about == "token" and work is not None and _is_worth_a_word(lapse, work, state):
        return [still_working(work.said, state.phase, by_token_of(work))]
    return [InputIgnored(reason="late")]


def before(said: Said, state: Conversation) -> list[ReplyRequested]:
    """Return what goes out before a message is decided: an answer that is held goes first."""
    return [] if state.held is None or is_for_result(said, state) else [released(state.held)]


def finish(
    work: Work,
    state: Conversation,
    answer: Answer,
    *,
    mode: Mode,
    outcome: Outcome = "answered",
) -> AnswerHeld | ReplyRequested:
    """Answer the turn in hand, or hold the answer when there is no token to send it by."""
    if not work.spent:
        return answered(work, answer, mode=mode, outcome=outcome)
    return AnswerHeld(
        request_id=work.request_id,
        outcome=outcome,
        mode=mode,
        until=held_until(work, state.now),
        answer=answer,
    )


def answered(
    work: Work, answer: Answer, *, mode: Mode, outcome: Outcome = "answered"
) -> ReplyRequested:
    """Answer the turn in hand now, by the token that it still has or else by a push."""
    return reply(work.said, answer, mode=mode, outcome=outcome, by=by_token_of(work))


def _is_worth_a_word(lapse: Lapsed, work: Work, state: Conversation) -> bool:
    by = by_token_of(work)
    due = lapse.request_id == work.request_id and lapse.passed_at >= by.received_at + SAY_SO_AFTER
    ends = is_ending(state, work) or any(map(is_interrupting, in_order(state)))
    return due and not ends and is_token_good(by, lapse.passed_at)
