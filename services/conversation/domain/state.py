"""What a conversation is at one moment, and what waits in its mailbox.

msgspec Structs and not plain dataclasses: snapshots are encoded by msgspec, which takes a union
of tagged Structs but refuses a union of dataclasses. A changed shape here or in pending.py asks
for another FORMAT in snapshots.py; a test says so.
"""

from datetime import UTC, datetime

from msgspec import Struct

from contracts.answer import Answer, Audio, Reference
from contracts.conversation import DataTask, Mode, Outcome
from contracts.translation import Direction
from services.conversation.domain.pending import Pending, Said

BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


class Leaflet(Struct, frozen=True, kw_only=True):
    """The content of education mode; mail sends the translation too."""

    text: str
    references: tuple[Reference, ...] = ()
    translation: str = ""
    language: str = ""


class Spoken(Struct, frozen=True, kw_only=True):
    """A sentence read aloud, and until when the audio is kept."""

    audio: Audio
    expires_at: datetime | None = None


class Sentence(Struct, frozen=True, kw_only=True):
    """The last translation, which can be read aloud; `direction` says who spoke."""

    plain: str
    translation: str
    direction: Direction = "from_chinese"
    message_id: str = ""
    spoken: Spoken | None = None


class Contact(Struct, frozen=True, kw_only=True):
    """An address that the user confirmed, and the message that named it."""

    address: str
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


class AwaitingAddress(Struct, frozen=True, tag=True):
    """The next text is the address to mail the leaflet to."""

    leaflet: Leaflet


class ConfirmingAddress(Struct, frozen=True, tag=True):
    """The first mail to an address asks for a yes; `message_id` is the message that named it."""

    leaflet: Leaflet
    address: str
    message_id: str = ""


class AwaitingLanguage(Struct, frozen=True, tag=True):
    """Translation: the next text names the language of the other side."""


class Translating(Struct, frozen=True, tag=True):
    """Translation with a language: each text is a sentence."""

    language: str
    last: Sentence | None = None


Question = AwaitingInstruction | AwaitingLeafletLanguage | AwaitingAddress | ConfirmingAddress
WithLeaflet = LeafletReady | Question
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
    """Put one sentence into plain Chinese and a language; `spoken` was a voice message."""

    text: str
    language: str
    spoken: bool = False


class Transcribe(Struct, frozen=True, tag=True):
    """Write down a voice message, which is then a sentence."""

    message_id: str
    language: str


class ReadAloud(Struct, frozen=True, tag=True):
    """Read a text aloud; `reading` is its Taigi romanisation."""

    text: str
    language: str
    reading: str = ""


class MailLeaflet(Struct, frozen=True, tag=True):
    """Mail the leaflet at hand."""

    address: str


class ServeData(Struct, frozen=True, tag=True):
    """Hand out what is kept of the user, or destroy it."""

    task: DataTask


LeafletTask = MakeLeaflet | ModifyLeaflet | TranslateLeaflet
Task = LeafletTask | Interpret | Transcribe | ReadAloud | MailLeaflet | ServeData


class Work(Struct, frozen=True, kw_only=True):
    """An answer in the making: for whom, what, and until when.

    `request_event` is the id of the event that asked the worker, by which it is settled;
    `message_id` is the message whose words are worked on, which need not be the turn's own.
    `lender` is the user's last request to see the result: the answer goes out by its reply token
    in place of the message's own. At `token_at` that token is to be spent on word that the work
    goes on, and is `spent` then.
    """

    request_id: str
    said: Said
    answer_by: datetime
    task: Task | None = None
    request_event: str = ""
    message_id: str = ""
    lender: Said | None = None
    token_at: datetime | None = None
    spent: bool = False


class Held(Struct, frozen=True, kw_only=True):
    """An answer whose reply token is spent: until `until` it waits for the user to tap for it.

    `message_id` is the message whose words it is made of.
    """

    request_id: str
    said: Said
    answer: Answer
    outcome: Outcome
    mode: Mode
    until: datetime
    message_id: str = ""


class Failed(Struct, frozen=True, kw_only=True):
    """What could not be done, and could be tried again."""

    task: Task
    message_id: str = ""


class Conversation(Struct, frozen=True, kw_only=True):
    """One user's conversation after event number `version` of its stream.

    `now` is the latest time that any input brought, `heard` the version of the last input that
    was not a deadline, `unsent` the last messages that the user took back, `confirmed` the last
    addresses that mail may go to at once. `asks_erasure`: the next message says whether all data
    is to go. `limited_at` is when the user was last told that these are too many messages.
    """

    version: int = 0
    heard: int = 0
    now: datetime = BEFORE_ALL
    phase: Phase = NotStarted()
    work: Work | None = None
    failed: Failed | None = None
    mailbox: tuple[Pending, ...] = ()
    unsent: tuple[str, ...] = ()
    confirmed: tuple[Contact, ...] = ()
    held: Held | None = None
    asks_erasure: bool = False
    limited_at: datetime | None = None


INITIAL = Conversation()
