"""Facts private to the conversation; those that others need are in contracts."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from contracts.answer import NO_ANSWER, Answer
from contracts.base import Event, Personal
from contracts.conversation import (
    DataRequested,
    EducationRequested,
    EmailRequested,
    Mode,
    Outcome,
    ReplyRequested,
    SpeechRequested,
    TranscriptionRequested,
    TranslationRequested,
    WorkStarted,
)
from services.conversation.domain.pending import GivenUpReason

IgnoredReason = Literal["late", "unasked", "unfollowed", "unknown", "not_idle", "over_limit"]
"""Nobody waits for that result any more · nobody ever did · nobody is there to answer · an event
we do not know · not idle after all · too many messages, and the user was told so just now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedOver:
    """The user asked for a new conversation and now chooses a mode."""

    NAME: ClassVar[str] = "conversation.started_over"
    VERSION: ClassVar[int] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeChosen:
    """The user entered a mode."""

    NAME: ClassVar[str] = "conversation.mode_chosen"
    VERSION: ClassVar[int] = 1

    mode: Literal["education", "translation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageChosen:
    """The user named the language to talk across; what a patient speaks is personal."""

    NAME: ClassVar[str] = "conversation.language_chosen"
    VERSION: ClassVar[int] = 1

    language: Personal[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAsked:
    """The user was asked how to revise the leaflet, which language to put it into, whom to mail."""

    NAME: ClassVar[str] = "conversation.question_asked"
    VERSION: ClassVar[int] = 1

    about: Literal["instruction", "language", "address"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionDropped:
    """The user thought better of it: the leaflet stays as it is."""

    NAME: ClassVar[str] = "conversation.question_dropped"
    VERSION: ClassVar[int] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressGiven:
    """The user named an address that no mail of theirs ever went to: they are asked for a yes."""

    NAME: ClassVar[str] = "conversation.address_given"
    VERSION: ClassVar[int] = 1

    message_id: str
    address: Personal[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressConfirmed:
    """The user said yes to an address: the next mail to it goes at once."""

    NAME: ClassVar[str] = "conversation.address_confirmed"
    VERSION: ClassVar[int] = 1

    message_id: str
    address: Personal[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceCleared:
    """The last translation is done with; the language stays."""

    NAME: ClassVar[str] = "conversation.sentence_cleared"
    VERSION: ClassVar[int] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultApplied:
    """The result that caused this fact is the one waited for: it becomes the content."""

    NAME: ClassVar[str] = "conversation.result_applied"
    VERSION: ClassVar[int] = 1

    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkGivenUp:
    """No result for a request; where that is `retriable`, the user may ask to try again."""

    NAME: ClassVar[str] = "conversation.work_given_up"
    VERSION: ClassVar[int] = 1

    request_id: str
    request_event: str
    turn_id: str
    reason: GivenUpReason
    retriable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCancelled:
    """The user no longer wants what was asked for; `request_event` is to be settled."""

    NAME: ClassVar[str] = "conversation.request_cancelled"
    VERSION: ClassVar[int] = 1

    request_id: str
    request_event: str
    turn_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLent:
    """The user asked to see the result of a turn: its answer goes out by this message's token."""

    NAME: ClassVar[str] = "conversation.token_lent"
    VERSION: ClassVar[int] = 1

    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerHeld:
    """A turn's answer is ready and its reply token is spent: it waits for the user's tap.

    It stands before the fact that ends the work, and leaves the result to that one.
    """

    NAME: ClassVar[str] = "conversation.answer_held"
    VERSION: ClassVar[int] = 1

    request_id: str
    outcome: Outcome
    mode: Mode
    until: datetime
    answer: Personal[Answer] = NO_ANSWER


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowedDown:
    """The user was told to send fewer messages."""

    NAME: ClassVar[str] = "conversation.slowed_down"
    VERSION: ClassVar[int] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureAsked:
    """The user wants all data destroyed and was asked to confirm: the next message says."""

    NAME: ClassVar[str] = "conversation.erasure_asked"
    VERSION: ClassVar[int] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRedacted:
    """The user took a message back: its text is no longer to be used or shown."""

    NAME: ClassVar[str] = "conversation.message_redacted"
    VERSION: ClassVar[int] = 1

    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionExpired:
    """The conversation was idle for too long and starts from nothing."""

    NAME: ClassVar[str] = "conversation.session_expired"
    VERSION: ClassVar[int] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class InputIgnored:
    """An input was looked at and nothing was to be done."""

    NAME: ClassVar[str] = "conversation.input_ignored"
    VERSION: ClassVar[int] = 1

    reason: IgnoredReason


@dataclass(frozen=True, slots=True, kw_only=True)
class InputAbandoned:
    """An input that could not be decided leaves the mailbox: what comes after it goes on."""

    NAME: ClassVar[str] = "conversation.input_abandoned"
    VERSION: ClassVar[int] = 1

    input_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeNoted:
    """What o'clock it was when inputs that had waited long were looked at at last."""

    NAME: ClassVar[str] = "conversation.time_noted"
    VERSION: ClassVar[int] = 1

    noted_at: datetime


FACTS: tuple[type[Event], ...] = (
    StartedOver,
    ModeChosen,
    LanguageChosen,
    QuestionAsked,
    QuestionDropped,
    AddressGiven,
    AddressConfirmed,
    SentenceCleared,
    ResultApplied,
    WorkGivenUp,
    RequestCancelled,
    TokenLent,
    AnswerHeld,
    SlowedDown,
    ErasureAsked,
    MessageRedacted,
    SessionExpired,
    InputIgnored,
    InputAbandoned,
    TimeNoted,
)
"""The facts that only the conversation reads; the codec of its log needs them."""

Decision = (
    StartedOver
    | ModeChosen
    | LanguageChosen
    | QuestionAsked
    | QuestionDropped
    | AddressGiven
    | AddressConfirmed
    | SentenceCleared
    | ResultApplied
    | WorkGivenUp
    | RequestCancelled
    | TokenLent
    | AnswerHeld
    | SlowedDown
    | ErasureAsked
    | MessageRedacted
    | SessionExpired
    | InputIgnored
    | InputAbandoned
    | WorkStarted
    | EducationRequested
    | TranslationRequested
    | TranscriptionRequested
    | SpeechRequested
    | EmailRequested
    | DataRequested
    | ReplyRequested
)
"""What `decide` may return."""
