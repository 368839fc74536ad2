"""What a conversation asks of the other services."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from contracts.answer import NO_ANSWER, Answer, Reference
from contracts.base import Personal
from contracts.education import FailureReason
from contracts.gateway import NOBODY, Recipient

DataTask = Literal["export", "erase"]
DeadlineKind = Literal["answer", "idle", "token", "tap"]
"""What did not come in time: a result · any word of the user · the result while the reply token
is good · the user's tap for a result that is ready."""
EducationTask = Literal["generate", "modify", "translate"]
Outcome = Literal["answered", "apologised"]
Mode = Literal["none", "education", "translation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkStarted:
    """An answer is being made; until `answer_by` the user is shown that somebody works.

    `message_id` is the message whose words are worked on, where it is not the turn's own.
    """

    NAME: ClassVar[str] = "conversation.work_started"
    VERSION: ClassVar[int] = 1

    request_id: str
    turn_id: str
    answer_by: datetime
    message_id: str = ""
    recipient: Personal[Recipient] = NOBODY
    read_token: Personal[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EducationRequested:
    """Make a leaflet on a topic, revise one by an instruction, or translate one.

    `source` is the topic (generate) or the leaflet (modify, translate).
    """

    NAME: ClassVar[str] = "conversation.education_requested"
    VERSION: ClassVar[int] = 1

    request_id: str
    task: EducationTask
    answer_by: datetime
    source: Personal[str] = ""
    instruction: Personal[str] = ""
    language: Personal[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationRequested:
    """Put one sentence into plain Chinese and into `language`, or back if it is in it already.

    `spoken` text was written down from a voice message.
    """

    NAME: ClassVar[str] = "conversation.translation_requested"
    VERSION: ClassVar[int] = 1

    request_id: str
    answer_by: datetime
    spoken: bool = False
    text: Personal[str] = ""
    language: Personal[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptionRequested:
    """Write down what a voice message says; it is Chinese, or in `language`."""

    NAME: ClassVar[str] = "conversation.transcription_requested"
    VERSION: ClassVar[int] = 1

    request_id: str
    message_id: str
    answer_by: datetime
    language: Personal[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechRequested:
    """Read a text aloud in a language; `reading` is its Taigi romanisation (TLPA), if known.

    `message_id` is the message whose words these are: taken back, they are not to be heard.
    """

    NAME: ClassVar[str] = "conversation.speech_requested"
    VERSION: ClassVar[int] = 1

    request_id: str
    answer_by: datetime
    message_id: str = ""
    text: Personal[str] = ""
    language: Personal[str] = ""
    reading: Personal[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailRequested:
    """Mail a leaflet, its translation into `language` if any, and its sources to an address."""

    NAME: ClassVar[str] = "conversation.email_requested"
    VERSION: ClassVar[int] = 1

    request_id: str
    answer_by: datetime
    address: Personal[str] = ""
    leaflet: Personal[str] = ""
    translation: Personal[str] = ""
    language: Personal[str] = ""
    references: Personal[tuple[Reference, ...]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRequested:
    """Show a user the one answer of a turn.

    The reply token is free and works once, until `token_good_until`; after that a push. Not
    `final`: only word that the answer takes longer, by the token or not at all.
    """

    NAME: ClassVar[str] = "conversation.reply_requested"
    VERSION: ClassVar[int] = 1

    reply_id: str
    turn_id: str
    outcome: Outcome
    mode: Mode
    asked_at: datetime
    token_good_until: datetime
    final: bool = True
    recipient: Personal[Recipient] = NOBODY
    reply_token: Personal[str] = ""
    quote_token: Personal[str | None] = None
    read_token: Personal[str] = ""
    answer: Personal[Answer] = NO_ANSWER


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlinePassed:
    """Something did not come in time for a request: an input, recorded by the sweeper.

    The request "idle" is the conversation itself: nobody said anything for long in the stream
    up to `seen_version`.
    """

    NAME: ClassVar[str] = "conversation.deadline_passed"
    VERSION: ClassVar[int] = 1

    request_id: str
    passed_at: datetime
    seen_version: int = 0
    about: DeadlineKind = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageParked:
    """A message about an event of the conversation was given up after several tries: an input.

    `event_id` names that event: a request, which will have no result, or an input that nobody
    could decide.
    """

    NAME: ClassVar[str] = "conversation.message_parked"
    VERSION: ClassVar[int] = 1

    event_id: str
    parked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRequested:
    """Give a user all that is kept of theirs, or destroy it."""

    NAME: ClassVar[str] = "conversation.data_requested"
    VERSION: ClassVar[int] = 1

    request_id: str
    task: DataTask
    answer_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DataExported:
    """All that is kept of a user is in one object, for as long as links to it are good."""

    NAME: ClassVar[str] = "conversation.data_exported"
    VERSION: ClassVar[int] = 1

    request_id: str
    made_at: datetime
    object_key: Personal[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTurn:
    """A turn that is still owed its answer when what it said is destroyed."""

    turn_id: str
    received_at: datetime
    reply_token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataErased:
    """Everything before this event was destroyed with its key; it begins a new one.

    It brings along what the answers still owed need: nothing before it can be read. The first
    of `turns` is the one that asked.
    """

    NAME: ClassVar[str] = "conversation.data_erased"
    VERSION: ClassVar[int] = 1

    request_id: str
    erased_at: datetime
    recipient: Personal[Recipient] = NOBODY
    turns: Personal[tuple[OpenTurn, ...]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFailed:
    """A user's data could not be handed out or destroyed (yet)."""

    NAME: ClassVar[str] = "conversation.data_failed"
    VERSION: ClassVar[int] = 1

    request_id: str
    failed_at: datetime
    task: DataTask
    reason: FailureReason
