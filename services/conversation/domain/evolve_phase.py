"""The facts that move a conversation from one state to another, and where to."""

from collections.abc import Callable
from typing import Any

from contracts.base import Event
from services.conversation.domain import facts
from services.conversation.domain.results import has_leaflet, unquestioned
from services.conversation.domain.state import (
    AwaitingAddress,
    AwaitingInstruction,
    AwaitingLanguage,
    AwaitingLeafletLanguage,
    AwaitingTopic,
    ChoosingMode,
    ConfirmingAddress,
    NotStarted,
    Phase,
    Translating,
)


def _started_over(_: Phase, __: facts.StartedOver) -> Phase:
    return ChoosingMode()


def _mode_chosen(_: Phase, chosen: facts.ModeChosen) -> Phase:
    return AwaitingTopic() if chosen.mode == "education" else AwaitingLanguage()


def _language_chosen(_: Phase, chosen: facts.LanguageChosen) -> Phase:
    return Translating(chosen.language)


def _question_asked(phase: Phase, asked: facts.QuestionAsked) -> Phase:
    if not has_leaflet(phase):
        return phase
    match asked.about:
        case "instruction":
            return AwaitingInstruction(phase.leaflet)
        case "language":
            return AwaitingLeafletLanguage(phase.leaflet)
        case "address":
            return AwaitingAddress(phase.leaflet)


def _address_given(phase: Phase, given: facts.AddressGiven) -> Phase:
    if not has_leaflet(phase):
        return phase
    return ConfirmingAddress(phase.leaflet, given.address, given.message_id)


def _question_dropped(phase: Phase, _: facts.QuestionDropped) -> Phase:
    return unquestioned(phase)


def _sentence_cleared(phase: Phase, _: facts.SentenceCleared) -> Phase:
    return Translating(phase.language) if isinstance(phase, Translating) else phase


def _session_expired(_: Phase, __: facts.SessionExpired) -> Phase:
    return NotStarted()


PHASES: dict[type[Event], Callable[[Phase, Any], Phase]] = {
    facts.StartedOver: _started_over,
    facts.ModeChosen: _mode_chosen,
    facts.LanguageChosen: _language_chosen,
    facts.QuestionAsked: _question_asked,
    facts.AddressGiven: _address_given,
    facts.QuestionDropped: _question_dropped,
    facts.SentenceCleared: _sentence_cleared,
    facts.SessionExpired: _session_expired,
}
"""From the old state and the fact to the new state. Each makes what failed before a thing of the
past: there is nothing to try again in another state."""
