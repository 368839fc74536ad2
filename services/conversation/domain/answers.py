"""The one answer of a turn, as a fact: what is shown, how it ended, how it may be sent."""

from dataclasses import replace

from chassis.decider import derived_id
from contracts.answer import Answer, Choice, Reference
from contracts.conversation import Mode, Outcome, ReplyRequested
from services.conversation.domain import wording
from services.conversation.domain.choices import RETRY, choices_of, seeing
from services.conversation.domain.late import TOKEN_GOOD_FOR, tokenless
from services.conversation.domain.pending import Said
from services.conversation.domain.state import (
    AwaitingLanguage,
    ChoosingMode,
    Conversation,
    Held,
    NotStarted,
    Phase,
    Translating,
)
from services.conversation.domain.taps import SAY


def reply(
    said: Said,
    answer: Answer,
    *,
    mode: Mode = "none",
    outcome: Outcome = "answered",
    by: Said | None = None,
) -> ReplyRequested:
    """Return the fact that a turn is answered; a turn has one reply id, whoever answers it.

    `by` is the message whose reply token is used, if that is another one.
    """
    token = by or said
    return ReplyRequested(
        reply_id=derived_id(said.id, "reply"),
        turn_id=said.id,
        outcome=outcome,
        mode=mode,
        asked_at=said.received_at,
        token_good_until=token.received_at + TOKEN_GOOD_FOR,
        recipient=said.recipient,
        reply_token=token.reply_token,
        quote_token=said.quote_token,
        read_token=token.read_token or said.read_token,
        answer=_for_group(answer, mode) if said.recipient.group else answer,
    )


def still_working(said: Said, phase: Phase, by: Said) -> ReplyRequested:
    """Return the word that a turn takes longer; it uses up the reply token of `by`."""
    answer = Answer(main=wording.STILL_WORKING, choices=seeing(said.id))
    spending = reply(said, answer, mode=mode_of(phase), by=by)
    return replace(spending, reply_id=derived_id(by.id, "progress"), final=False)


def released(held: Held, by: Said | None = None) -> ReplyRequested:
    """Return the answer that was held, by the token of the tap for it or else by a push."""
    token = by or tokenless(held.said)
    return reply(held.said, held.answer, mode=held.mode, outcome=held.outcome, by=token)


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


def _for_group(answer: Answer, mode: Mode) -> Answer:
    """Return an answer whose choices are heard in a group, where plain words are not."""
    choices = tuple(
        choice if choice.data else replace(choice, data=SAY + choice.text)
        for choice in answer.choices
    )
    typing = wording.IN_GROUP if choices and mode != "none" else ""
    return replace(answer, main="\n".join(filter(None, (answer.main, typing))), choices=choices)
