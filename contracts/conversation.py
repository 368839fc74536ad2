"""What a conversation asks of the other services."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from contracts.answer import NO_ANSWER, Answer, Reference
from contracts.base import Personal
from contracts.gateway import NOBODY, Recipient

EducationTask = Literal["generate", "modify", "translate"]
Outcome = Literal["answered", "apologised"]
Mode = Literal["none", "education", "translation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkStarted:
    """An answer is being made; until `answer_by` the user is shown that somebody works."""

    NAME: ClassVar[str] = "conversation.work_started"
    VERSION: ClassVar[int] = 1

    request_id: str
    turn_id: str
    answer_by: datetime
    recipient: Personal[Recipient] = NOBODY


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
    """Put one sentence into plain Chinese and into `language`, or back if it is in it already."""

    NAME: ClassVar[str] = "conversation.translation_requested"
    VERSION: ClassVar[int] = 1

    request_id: str
    answer_by: datetime
    text: Personal[str] = ""
    language: Personal[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptionRequested:
    """Write down what a voice message says."""

    NAME: ClassVar[str] = "conversation.transcription_requested"
    VERSION: ClassVar[int] = 1

    request_id: str
    message_id: str
    answer_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechRequested:
    """Read a text aloud in a language."""

    NAME: ClassVar[str] = "conversation.speech_requested"
    VERSION: ClassVar[int] = 1

    request_id: str
    answer_by: datetime
    text: Personal[str] = ""
    language: Personal[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailRequested:
    """Mail a leaflet, its translation and its sources to an address."""

    NAME: ClassVar[str] = "conversation.email_requested"
    VERSION: ClassVar[int] = 1

    request_id: str
    answer_by: datetime
    address: Personal[str] = ""
    leaflet: Personal[str] = ""
    translation: Personal[str] = ""
    references: Personal[tuple[Reference, ...]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRequested:
    """Show a user the one answer of a turn.

    The reply token is free and works once, until `token_good_until`; after that a push.
    """

    NAME: ClassVar[str] = "conversation.reply_requested"
    VERSION: ClassVar[int] = 1

    reply_id: str
    turn_id: str
    outcome: Outcome
    mode: Mode
    asked_at: datetime
    token_good_until: datetime
    recipient: Personal[Recipient] = NOBODY
    reply_token: Personal[str] = ""
    answer: Personal[Answer] = NO_ANSWER


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlinePassed:
    """No result came in time for a request: an input, recorded by the sweeper.

    The request "idle" is the conversation itself: nobody said anything for long in the stream
    up to `seen_version`.
    """

    NAME: ClassVar[str] = "conversation.deadline_passed"
    VERSION: ClassVar[int] = 1

    request_id: str
    passed_at: datetime
    seen_version: int = 0
