"""What a user gets who asks for all that is kept: one document, pure, made of the events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contracts.base import CloudEvent, Event
from contracts.conversation import (
    DataErased,
    DataExported,
    EmailRequested,
    ReplyRequested,
    SpeechRequested,
    WorkStarted,
)
from contracts.education import EducationReady
from contracts.gateway import (
    NOBODY,
    MessageReceived,
    PostbackReceived,
    Recipient,
    UserFollowed,
    UserUnfollowed,
)
from contracts.notifier import EmailFailed, EmailSent
from contracts.speech import AudioSynthesized, TranscriptionReady
from contracts.translation import TranslationReady
from services.conversation.domain.facts import LanguageChosen, MessageRedacted

FORMAT = "mededbot.export"
VERSION = 1

Entry = dict[str, Any]
_TOLD: Mapping[type[Event], tuple[str, tuple[str, ...]]] = {
    MessageReceived: ("message", ("kind", "text", "message_id", "sent_at", "duration_ms")),
    PostbackReceived: ("tap", ("data", "sent_at")),
    UserFollowed: ("follow", ("sent_at",)),
    UserUnfollowed: ("unfollow", ("sent_at",)),
    LanguageChosen: ("language", ("language",)),
    EducationReady: ("leaflet", ("text", "references", "model", "prompt")),
    TranslationReady: ("translation", ("plain", "translation", "direction", "model", "prompt")),
    TranscriptionReady: ("transcript", ("text", "object_key", "model", "prompt")),
    SpeechRequested: ("read_aloud", ("text", "language")),
    AudioSynthesized: ("audio", ("object_key", "duration_ms", "model", "expires_at")),
    EmailRequested: ("mail", ("address", "leaflet", "translation", "language", "references")),
    EmailSent: ("mail_sent", ("object_key", "sent_at")),
    EmailFailed: ("mail_failed", ("reason",)),
    ReplyRequested: ("answer", ("answer", "outcome", "mode")),
    DataExported: ("export", ("object_key",)),
}
"""How each kind of event is called in the document, and which of its fields stand there: all
that says something, and none of the tokens that only machines use."""
_SAID = frozenset({"message", "tap"})


@dataclass
class Chronicle:
    """One conversation, entry after entry, from its beginning or its last erasure on."""

    stream: str
    _entries: list[Entry] = field(default_factory=list[Entry])
    _turns: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    _taken_back: set[str] = field(default_factory=set[str])
    _sources: dict[str, str] = field(default_factory=dict[str, str])
    _recipient: Recipient = NOBODY

    def add(self, event: CloudEvent[Any]) -> None:
        """Take in the stream's next event."""
        said = event.data
        if isinstance(said, DataErased):
            self._begin_anew()
        elif isinstance(said, MessageRedacted):
            self._taken_back.add(said.message_id)
        elif isinstance(said, WorkStarted) and said.message_id:
            self._sources[said.turn_id] = said.message_id
        self._note(event)

    def told(self) -> dict[str, Any]:
        """Return the conversation for the document, without what its user took back."""
        unsent = {turn for message in self._taken_back for turn in self._turns.get(message, ())}
        return {
            "conversation": self.stream,
            "line_user_id": self._recipient.user,
            "line_group_id": self._recipient.group,
            "entries": [self._redacted(each, unsent) for each in self._entries],
        }

    def _note(self, event: CloudEvent[Any]) -> None:
        said, turn = event.data, event.turn or event.id
        if isinstance(said, MessageReceived):
            self._turns.setdefault(said.message_id, set()).add(event.id)
        if getattr(said, "recipient", NOBODY) != NOBODY:
            self._recipient = said.recipient
        if type(said) in _TOLD:
            what, names = _TOLD[type(said)]
            fields = {name: getattr(said, name) for name in names}
            self._entries.append({"at": event.time, "what": what, "turn": turn, **fields})

    def _redacted(self, entry: Entry, unsent: set[str]) -> Entry:
        turn: str = entry["turn"]
        # An answer may be made of the words of an earlier message, which the user took back since.
        borrowed = entry["what"] not in _SAID and self._sources.get(turn) in self._taken_back
        if turn not in unsent and not borrowed:
            return entry
        return {"at": entry["at"], "what": entry["what"], "turn": turn, "unsent": True}

    def _begin_anew(self) -> None:
        self._entries.clear()
        self._turns.clear()
        self._taken_back.clear()
        self._sources.clear()


def document(chronicles: Iterable[Chronicle], made_at: datetime) -> dict[str, Any]:
    """Return all that is kept of a user, ready to be written as JSON."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_at": made_at,
        "conversations": [each.told() for each in chronicles],
    }
