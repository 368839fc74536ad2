"""What a result makes of a state."""

from typing import TypeGuard

from msgspec.structs import replace

from contracts.answer import Audio, Reference
from services.conversation.domain.pending import (
    AudioMade,
    Exported,
    LeafletMade,
    MailSent,
    Pending,
    SentenceMade,
)
from services.conversation.domain.state import (
    Interpret,
    Leaflet,
    LeafletReady,
    MailLeaflet,
    MakeLeaflet,
    ModifyLeaflet,
    Phase,
    ReadAloud,
    Sentence,
    ServeData,
    Spoken,
    TranslateLeaflet,
    Translating,
    WithLeaflet,
    Work,
)


def applied(phase: Phase, work: Work, made: Pending | None) -> Phase | None:
    """Return the state with the result in it; None when it is no result of this work."""
    match phase, work.task, made:
        case _, MakeLeaflet(), LeafletMade():
            return LeafletReady(Leaflet(text=made.text, references=merged(made.references)))
        case LeafletReady(leaflet), ModifyLeaflet(), LeafletMade():
            return LeafletReady(_modified(leaflet, made))
        case LeafletReady(leaflet), TranslateLeaflet(language), LeafletMade():
            return LeafletReady(_translated(leaflet, made, language))
        case Translating(language), Interpret(), SentenceMade():
            return Translating(language, _last(work, made))
        case Translating(language, Sentence() as last), ReadAloud(), AudioMade():
            return Translating(language, replace(last, spoken=_spoken(made)))
        case LeafletReady(), MailLeaflet(), MailSent():
            return phase
        case _, ServeData("export"), Exported():
            return phase
        case _:
            return None


def merged(*groups: tuple[Reference, ...]) -> tuple[Reference, ...]:
    """Return all references in order, each URL once."""
    by_url: dict[str, Reference] = {}
    for group in groups:
        for reference in group:
            by_url.setdefault(reference.url, reference)
    return tuple(by_url.values())


def leaflet_of(phase: Phase) -> Leaflet | None:
    """Return the leaflet of a state that has one."""
    return phase.leaflet if has_leaflet(phase) else None


def has_leaflet(phase: Phase) -> TypeGuard[WithLeaflet]:
    """Tell whether a state has content in education mode."""
    return isinstance(phase, WithLeaflet)


def unquestioned(phase: Phase) -> Phase:
    """Return the state without a question to the user about the leaflet."""
    return LeafletReady(phase.leaflet) if has_leaflet(phase) else phase


def _modified(leaflet: Leaflet, made: LeafletMade) -> Leaflet:
    # The earlier translation is of the earlier text: it is dropped.
    return Leaflet(text=made.text, references=merged(leaflet.references, made.references))


def _translated(leaflet: Leaflet, made: LeafletMade, language: str) -> Leaflet:
    return Leaflet(
        text=leaflet.text,
        references=merged(leaflet.references, made.references),
        translation=made.text,
        language=language,
    )


def _last(work: Work, made: SentenceMade) -> Sentence:
    return Sentence(
        plain=made.plain,
        translation=made.translation,
        direction=made.direction,
        message_id=work.message_id,
    )


def _spoken(made: AudioMade) -> Spoken:
    audio = Audio(object_key=made.object_key, duration_ms=made.duration_ms)
    return Spoken(audio=audio, expires_at=made.expires_at)
