"""The one answer of a turn, as a fact: what is shown, how it ended, how it may be sent."""

from datetime import timedelta

from chassis.decider import derived_id
from contracts.answer import Answer, Choice, Reference
from contracts.conversation import Mode, Outcome, ReplyRequested
from services.conversation.domain import wording
from services.conversation.domain.choices import RETRY, choices_of
from services.conversation.domain.pending import Said
from services.conversation.domain.state import (
    AwaitingLanguage,
    ChoosingMode,
    Conversation,
    NotStarted,
    Phase,
    Translating,
)

TOKEN_GOOD_FOR = timedelta(seconds=50)
"""LINE's reply token lives one minute; ten seconds are for the way there and a slow clock."""


def reply(
    said: Said, answer: Answer, *, mode: Mode = "none", outcome: Outcome = "answered"
) -> ReplyRequested:
    """Return the fact that a turn is answered; a turn has one reply id, whoever answers it."""
    return ReplyRequested(
        reply_id=derived_id(said.id, "reply"),
        turn_id=said.id,
        outcome=outcome,
        mode=mode,
        asked_at=said.received_at,
        token_good_until=said.received_at + TOKEN_GOOD_FOR,
        recipient=said.recipient,
        reply_token=said.reply_token,
        answer=answer,
    )


def guide(
    said: Said, phase: Phase, notice: str = "", extra: tuple[Choice, ...] = ()
) -> ReplyRequested:
    """Answer with a notice and what can be done in a state, as words and as choices."""
    return reply(said, guidance(phase, notice, extra), mode=mode_of(phase))


def here(
    said: Said, state: Conversation, notice: str = "", extra: tuple[Choice, ...] = ()
) -> ReplyRequested:
    """Answer without leaving the state; what failed before can still be tried again."""
    return guide(said, state.phase, notice, (*extra, *(RETRY if state.failed else ())))


def guidance(
    phase: Phase,
    notice: str = "",
    extra: tuple[Choice, ...] = (),
    *,
    content: tuple[str, ...] = (),
    references: tuple[Reference, ...] = (),
) -> Answer:
    """Return an answer that ends with what can be done next."""
    usual = choices_of(phase)
    before = tuple(choice for choice in extra if choice not in usual)
    return Answer(
        main="\n".join(filter(None, (notice, wording.prompt(phase)))),
        content=content,
        references=references,
        choices=(*before, *usual),
    )


def mode_of(phase: Phase) -> Mode:
    """Return the mode that a state belongs to."""
    match phase:
        case NotStarted() | ChoosingMode():
            return "none"
        case AwaitingLanguage() | Translating():
            return "translation"
        case _:
            return "education"
