"""What a conversation is at one moment, and what waits in its mailbox.

msgspec Structs and not plain dataclasses: snapshots are encoded by msgspec, which takes a union
of tagged Structs but refuses a union of dataclasses. A changed shape here asks for another
FORMAT in snapshots.py; a test says so.
"""

from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct

from contracts.answer import Reference
from contracts.education import FailureReason
from contracts.gateway import NOBODY, Recipient
from contracts.translation import Direction

SaidKind = Literal[
    "text",
    "postback",
    "follow",
    "audio",
    "image",
    "video",
    "file",
    "location",
    "sticker",
    "unknown",
    "too_long",
    "unsent",
]
GivenUpReason = FailureReason | Literal["deadline"]
NoteKind = Literal["unfollowed", "unknown", "unasked"]
BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


class Said(Struct, frozen=True, kw_only=True, tag=True):
    """Something a user said or did that gets exactly one answer: a turn."""

    id: str
    arrival: int
    kind: SaidKind
    sent_at: datetime
    received_at: datetime
    message_id: str = ""
    text: str = ""
    recipient: Recipient = NOBODY
    reply_token: str = ""
    traceparent: str | None = None

    @property
    def turn(self) -> str:
        """The turn it opens: its own."""
        return self.id

    @property
    def place(self) -> tuple[datetime, int]:
        """Its place among what the user said: the messenger's time, then our order."""
        return self.sent_at, self.arrival


class LeafletMade(Struct, frozen=True, kw_only=True, tag=True):
    """A worker's leaflet, revision or translation of one."""

    id: str
    request_id: str
    text: str
    references: tuple[Reference, ...] = ()
    turn: str | None = None
    traceparent: str | None = None


class SentenceMade(Struct, frozen=True, kw_only=True, tag=True):
    """A worker's plain Chinese and translation of one sentence."""

    id: str
    request_id: str
    direction: Direction
    plain: str
    translation: str
    turn: str | None = None
    traceparent: str | None = None


class Failure(Struct, frozen=True, kw_only=True, tag=True):
    """No result for a request: a worker gave up, or the time did."""

    id: str
    request_id: str
    reason: GivenUpReason
    turn: str | None = None
    traceparent: str | None = None


class Idled(Struct, frozen=True, kw_only=True, tag=True):
    """Nobody said anything for long, when the stream was looked at up to `seen_version`."""

    id: str
    seen_version: int
    turn: str | None = None
    traceparent: str | None = None


class Note(Struct, frozen=True, kw_only=True, tag=True):
    """An input that is recorded and never answered."""

    id: str
    kind: NoteKind
    turn: str | None = None
    traceparent: str | None = None


class Unsent(Struct, frozen=True, kw_only=True, tag=True):
    """The user took a message back."""

    id: str
    message_id: str
    turn: str | None = None
    traceparent: str | None = None


Pending = Said | LeafletMade | SentenceMade | Failure | Idled | Note | Unsent


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
