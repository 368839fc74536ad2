"""A user's rights over what is kept: to have it all, and to have it destroyed."""

from chassis.decider import derived_id
from contracts.answer import Answer
from contracts.conversation import OpenTurn, ReplyRequested
from services.conversation.domain import wording
from services.conversation.domain.answers import guidance, here, mode_of, reply
from services.conversation.domain.choices import ERASING
from services.conversation.domain.commands import Command
from services.conversation.domain.facts import Decision, ErasureAsked, InputIgnored
from services.conversation.domain.late import by_token_of, tokenless
from services.conversation.domain.pending import Erased, Said
from services.conversation.domain.requests import begin
from services.conversation.domain.schedule import in_order
from services.conversation.domain.state import Conversation, NotStarted, ServeData

ABOUT_DATA = frozenset({Command.EXPORT, Command.ERASE, Command.CONFIRM_ERASE})


def about_data(said: Said, command: Command, state: Conversation) -> list[Decision]:
    """Decide on a wish to have all data, or to have it destroyed, which asks for a second word."""
    if said.recipient.group is not None:
        return [here(said, state, wording.DATA_IN_PRIVATE)]
    if command is Command.EXPORT:
        return begin(said, state, ServeData("export"))
    if command is Command.CONFIRM_ERASE and state.asks_erasure:
        return begin(said, state, ServeData("erase"))
    question = Answer(main=wording.ERASE_QUESTION, choices=ERASING)
    return [ErasureAsked(), reply(said, question, mode=mode_of(state.phase))]


def on_erased(erased: Erased) -> list[Decision]:
    """Answer every turn that is still owed one, with what the event itself brought along."""
    answers: list[Decision] = [_last_word(turn, erased) for turn in erased.turns]
    return answers or [InputIgnored(reason="unasked")]


def open_turns(state: Conversation) -> tuple[OpenTurn, ...]:
    """Return the turns that are owed an answer, the one in hand first: what an erasure keeps."""
    owed = [by for by in (_in_hand(state), _held(state)) if by is not None]
    waiting = [_open(said) for said in in_order(state)]
    unsaid = [turn for each in state.mailbox if isinstance(each, Erased) for turn in each.turns]
    return (*owed, *unsaid, *waiting)


def _last_word(turn: OpenTurn, erased: Erased) -> ReplyRequested:
    said = Said(
        id=turn.turn_id,
        arrival=0,
        kind="unknown",
        sent_at=turn.received_at,
        received_at=turn.received_at,
        recipient=erased.recipient,
        reply_token=turn.reply_token,
    )
    asked_for_it = derived_id(turn.turn_id, "request", "0") == erased.request_id
    if asked_for_it:
        return reply(said, guidance(NotStarted(), wording.ERASED))
    return reply(said, Answer(main=wording.CANCELLED))


def _in_hand(state: Conversation) -> OpenTurn | None:
    work = state.work
    return _open(work.said, by_token_of(work)) if work is not None else None


def _held(state: Conversation) -> OpenTurn | None:
    held = state.held
    return _open(held.said, tokenless(held.said)) if held is not None else None


def _open(said: Said, by: Said | None = None) -> OpenTurn:
    token = by or said
    return OpenTurn(turn_id=said.id, received_at=token.received_at, reply_token=token.reply_token)
