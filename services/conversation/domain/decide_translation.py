"""What a text causes in translation mode."""

from services.conversation.domain import wording
from services.conversation.domain.answers import guide, here
from services.conversation.domain.choices import NEW
from services.conversation.domain.commands import Command
from services.conversation.domain.decide_speech import read_aloud
from services.conversation.domain.facts import Decision, LanguageChosen, SentenceCleared
from services.conversation.domain.languages import parse_language
from services.conversation.domain.pending import Said
from services.conversation.domain.requests import begin
from services.conversation.domain.state import (
    AwaitingLanguage,
    Conversation,
    Interpret,
    Translating,
)

TranslationPhase = AwaitingLanguage | Translating


def in_translation(
    said: Said, command: Command | None, phase: TranslationPhase, state: Conversation
) -> list[Decision]:
    """Decide on a command of translation mode, or on a text: a language, or a sentence."""
    match command:
        case Command.MODIFY | Command.TRANSLATE | Command.MAIL:
            return [here(said, state, wording.ONLY_IN_EDUCATION, NEW)]
        case Command.SPEAK | Command.CONTINUE:
            if isinstance(phase, Translating):
                return _about_last(said, command, phase, state)
            return [here(said, state, wording.LANGUAGE_MISSING)]
        case _ if isinstance(phase, Translating):
            return begin(said, state, Interpret(said.text, phase.language))
        case _:
            return _language(said, state)


def _about_last(
    said: Said, command: Command, phase: Translating, state: Conversation
) -> list[Decision]:
    if command is Command.SPEAK:
        return read_aloud(said, phase, state)
    cleared = Translating(phase.language)
    return [SentenceCleared(), guide(said, cleared, wording.SENTENCE_CLEARED)]


def _language(said: Said, state: Conversation) -> list[Decision]:
    language = parse_language(said.text)
    if language is None:
        return [here(said, state, wording.LANGUAGE_UNKNOWN)]
    ready = Translating(language)
    confirmed = guide(said, ready, wording.language_chosen(language))
    return [LanguageChosen(language=language), confirmed]
