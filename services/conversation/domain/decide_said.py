"""What a user's message causes when nothing is in hand."""

from dataclasses import replace

from contracts.answer import Answer
from contracts.conversation import ReplyRequested
from services.conversation.domain import greetings, wording
from services.conversation.domain.answers import guide, here, mode_of, reply
from services.conversation.domain.choices import START, TOPICS
from services.conversation.domain.commands import YES, Command, command_of
from services.conversation.domain.decide_data import ABOUT_DATA, about_data
from services.conversation.domain.decide_education import in_education
from services.conversation.domain.decide_translation import in_translation
from services.conversation.domain.decide_voice import voice
from services.conversation.domain.facts import Decision, ModeChosen, StartedOver
from services.conversation.domain.languages import OFFERED
from services.conversation.domain.pending import Said
from services.conversation.domain.requests import begin
from services.conversation.domain.state import (
    AwaitingLanguage,
    AwaitingTopic,
    ChoosingMode,
    Conversation,
    NotStarted,
    Phase,
    Question,
    Translating,
)
from services.conversation.domain.taps import is_wish

_OUR_TEXTS = frozenset((*TOPICS, *OFFERED, *YES))


def said_when_free(said: Said, state: Conversation) -> list[Decision]:
    """Decide on a message: by what it is, by its command, then by the state."""
    command = command_of(said.text)
    if said.kind == "audio":
        return voice(said, state)
    if not _is_text(said, command):
        return [_without_words(said, state)]
    return _anywhere(said, command, state) or _by_phase(said, command, state)


def _is_text(said: Said, command: Command | None) -> bool:
    if said.kind == "postback":
        return command is not None or said.text in _OUR_TEXTS
    return said.kind == "text" and said.text != ""


def _without_words(said: Said, state: Conversation) -> ReplyRequested:
    match said.kind:
        case "follow":
            return _greeted(said, state)
        case "join":
            return reply(said, Answer(main=wording.INTRODUCTION, choices=START))
        case "postback" if is_wish(said):
            return here(said, state, wording.NO_RESULT_WAITING)
        case "text":
            return here(said, state, wording.EMPTY)
        case kind:
            return here(said, state, wording.about_kind(kind))


def _greeted(said: Said, state: Conversation) -> ReplyRequested:
    greeting = here(said, state, wording.GREETING, START)
    return replace(greeting, answer=replace(greeting.answer, variants=greetings.VARIANTS))


def _anywhere(said: Said, command: Command | None, state: Conversation) -> list[Decision]:
    """Decide on what works alike in all states; empty when the state has its own view."""
    match command:
        case Command.NEW:
            return [StartedOver(), guide(said, ChoosingMode(), wording.STARTED)]
        case Command.STOP if state.asks_erasure:
            return [here(said, state, wording.ERASE_DROPPED)]
        case command if command in ABOUT_DATA:
            return about_data(said, command, state)
        case Command.RESULT:
            return [here(said, state, wording.NO_RESULT_WAITING)]
        case Command.HELP:
            return [here(said, state, wording.help_for(state.phase))]
        case Command.STOP if not isinstance(state.phase, NotStarted | Question):
            return [here(said, state, wording.NOTHING_TO_STOP)]
        case Command.RETRY if state.failed is not None:
            return begin(said, state, state.failed.task, message_id=state.failed.message_id)
        case _:
            return []


def _by_phase(said: Said, command: Command | None, state: Conversation) -> list[Decision]:
    match state.phase:
        case NotStarted():
            return [here(said, state, wording.WELCOME)]
        case phase if command is Command.TRANSLATION:
            return [ModeChosen(mode="translation"), guide(said, AwaitingLanguage())]
        case phase if command is Command.EDUCATION:
            return _education_chosen(said, phase, state)
        case ChoosingMode():
            # A text without a mode says nothing yet; a command is told what it lacks.
            return [here(said, state, wording.MODE_MISSING if command else "")]
        case AwaitingLanguage() | Translating() as phase:
            return in_translation(said, command, phase, state)
        case phase:
            return in_education(said, command, phase, state)


def _education_chosen(said: Said, phase: Phase, state: Conversation) -> list[Decision]:
    if mode_of(phase) == "education":
        # Nobody loses a leaflet by tapping an old button.
        return [here(said, state, wording.ALREADY_IN_EDUCATION)]
    return [ModeChosen(mode="education"), guide(said, AwaitingTopic())]
