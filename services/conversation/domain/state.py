"""What a conversation is at one moment, and what waits in its mailbox.

msgspec Structs and not plain dataclasses: snapshots are encoded by msgspec, which takes a union
of tagged Structs but refuses a union of dataclasses. A changed shape here or in pending.py asks
for another FORMAT in snapshots.py; a test says so.
"""

from datetime import UTC, datetime

from msgspec import Struct

from contracts.answer import Reference
from services.conversation.domain.pending import Pending, Said

BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


class Leaflet(Struct, frozen=True, kw_only=True):
    """The content of education mode; mail sends the translation too."""

    text: str
    references: tuple[Reference, ...] = ()
    translation: str = ""
    language: str = ""


class Sentence(Struct, frozen=True, kw_only=True):
    """The last translation, which can be read aloud."""

    plain: str
    translation: str
    message_id: str = ""


class NotStarted(Struct, frozen=True, tag=True):
    """Nothing chosen yet, or too long ago."""


class ChoosingMode(Struct, frozen=True, tag=True):
    """Started, and asked which mode."""


class AwaitingTopic(Struct, frozen=True, tag=True):
    """Education without content: the next text is a topic."""


class LeafletReady(Struct, frozen=True, tag=True):
    """Education with content."""

    leaflet: Leaflet


class AwaitingInstruction(Struct, frozen=True, tag=True):
    """The next text says how to revise the leaflet."""

    leaflet: Leaflet


class AwaitingLeafletLanguage(Struct, frozen=True, tag=True):
    """The next text names the language to put the leaflet into."""

    leaflet: Leaflet


class AwaitingLanguage(Struct, frozen=True, tag=True):
    """Translation: the next text names the language of the other side."""


class Translating(Struct, frozen=True, tag=True):
    """Translation with a language: each text is a sentence."""

    language: str
    last: Sentence | None = None


WithLeaflet = LeafletReady | AwaitingInstruction | AwaitingLeafletLanguage
Phase = NotStarted | ChoosingMode | AwaitingTopic | WithLeaflet | AwaitingLanguage | Translating


class MakeLeaflet(Struct, frozen=True, tag=True):
    """Write a leaflet on a topic."""

    topic: str


class ModifyLeaflet(Struct, frozen=True, tag=True):
    """Revise the leaflet at hand."""

    instruction: str


class TranslateLeaflet(Struct, frozen=True, tag=True):
    """Put the leaflet at hand into a language."""

    language: str


class Interpret(Struct, frozen=True, tag=True):
    """Put one sentence into plain Chinese and a language."""

    text: str
    language: str


Task = MakeLeaflet | ModifyLeaflet | TranslateLeaflet | Interpret


class Work(Struct, frozen=True, kw_only=True):
    """An answer in the making: for whom, what, and until when.

    `request_event` is the id of the event that asked the worker, by which it is settled.
    """

    request_id: str
    said: Said
    answer_by: datetime
    task: Task | None = None
    request_event: str = ""


class Failed(Struct, frozen=True, kw_only=True):
    """What could not be done, and could be tried again."""

    task: Task
    message_id: str = ""


class Conversation(Struct, frozen=True, kw_only=True):
    """One user's conversation after event number `version` of its stream.

    `now` is the latest time that any input brought, `heard` the version of the last input that
    was not a deadline, `unsent` the last messages that the user took back.
    """

    version: int = 0
    heard: int = 0
    now: datetime = BEFORE_ALL
    phase: Phase = NotStarted()
    work: Work | None = None
    failed: Failed | None = None
    mailbox: tuple[Pending, ...] = ()
    unsent: tuple[str, ...] = ()


INITIAL = Conversation()
