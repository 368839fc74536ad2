"""What a text causes in education mode."""

from services.conversation.domain import wording
from services.conversation.domain.answers import guide, here
from services.conversation.domain.choices import NEW
from services.conversation.domain.commands import Command
from services.conversation.domain.decide_mail import about_address, ask_for_address
from services.conversation.domain.facts import Decision, QuestionAsked, QuestionDropped
from services.conversation.domain.languages import TAIGI, parse_language
from services.conversation.domain.pending import Said
from services.conversation.domain.requests import begin
from services.conversation.domain.results import has_leaflet
from services.conversation.domain.state import (
    AwaitingAddress,
    AwaitingInstruction,
    AwaitingLeafletLanguage,
    AwaitingTopic,
    ConfirmingAddress,
    Conversation,
    LeafletReady,
    MakeLeaflet,
    ModifyLeaflet,
    Question,
    TranslateLeaflet,
    WithLeaflet,
)

EducationPhase = AwaitingTopic | WithLeaflet

_MISSING = {
    Command.MODIFY: wording.LEAFLET_MISSING_TO_MODIFY,
    Command.TRANSLATE: wording.LEAFLET_MISSING_TO_TRANSLATE,
    Command.MAIL: wording.LEAFLET_MISSING_TO_MAIL,
}


def in_education(
    said: Said, command: Command | None, phase: EducationPhase, state: Conversation
) -> list[Decision]:
    """Decide on a command of education mode, or on a text: what was asked for, or a topic."""
    match command:
        case Command.MODIFY | Command.TRANSLATE | Command.MAIL:
            if has_leaflet(phase):
                return _with_leaflet(said, command, phase, state)
            return [here(said, state, _MISSING[command])]
        case Command.SPEAK | Command.CONTINUE:
            return [here(said, state, wording.ONLY_IN_TRANSLATION, NEW)]
        case Command.STOP if isinstance(phase, Question):
            kept = LeafletReady(phase.leaflet)
            return [QuestionDropped(), guide(said, kept, wording.DROPPED)]
        case _:
            return _text(said, phase, state)


def _with_leaflet(
    said: Said, command: Command, phase: WithLeaflet, state: Conversation
) -> list[Decision]:
    match command:
        case Command.MODIFY:
            asking = AwaitingInstruction(phase.leaflet)
            return [QuestionAsked(about="instruction"), guide(said, asking)]
        case Command.TRANSLATE:
            asking = AwaitingLeafletLanguage(phase.leaflet)
            return [QuestionAsked(about="language"), guide(said, asking)]
        case _:
            return ask_for_address(said, phase, state)


def _text(said: Said, phase: EducationPhase, state: Conversation) -> list[Decision]:
    match phase:
        case AwaitingInstruction():
            return begin(said, state, ModifyLeaflet(said.text))
        case AwaitingLeafletLanguage():
            return _language(said, state)
        case AwaitingAddress() | ConfirmingAddress():
            return about_address(said, phase, state)
        case AwaitingTopic() | LeafletReady():
            return begin(said, state, MakeLeaflet(said.text))


def _language(said: Said, state: Conversation) -> list[Decision]:
    language = parse_language(said.text)
    if language is None:
        return [here(said, state, wording.LANGUAGE_UNKNOWN)]
    if language == TAIGI:
        return [here(said, state, wording.TAIGI_ONLY_SPOKEN)]
    return begin(said, state, TranslateLeaflet(language))
