"""What the notifier says: what a user was shown."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from contracts.base import Personal

Channel = Literal["reply", "push"]
EmailFailureReason = Literal[
    "unavailable", "refused", "capped", "late", "undeliverable", "off", "unknown"
]
"""Why a mail was not sent: the mail server is down · it refuses the address or the mail · too
many mails · out of time · the address's domain takes no mail · no mail account is configured ·
it may have been sent: nobody knows, and it is never sent twice."""

AlertName = Literal["GeminiDailyQuota", "LineMonthlyLimit", "DeadLetters"]
"""What an operator is told of: the model's quota of the day is used up · LINE's of the month ·
a message was given up after several tries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyDelivered:
    """The messenger accepted the one answer of a turn.

    `known_by` tells whether it said so, or whether our own spent reply token proves it. `apology`:
    it refused the messages of the answer, and the user was shown an apology instead. Not
    `final`: it was only word that the answer takes longer.
    """

    NAME: ClassVar[str] = "notifier.reply_delivered"
    VERSION: ClassVar[int] = 1

    reply_id: str
    turn_id: str
    channel: Channel
    delivered_at: datetime
    attempts: int = 1
    known_by: Literal["response", "spent_token", "conflict"] = "response"
    message_ids: tuple[str, ...] = ()
    apology: bool = False
    final: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyFailed:
    """The messenger refused an answer for good; `status` is its HTTP status.

    Not `final`: word that the answer takes longer was not shown (status 0: in time).
    """

    NAME: ClassVar[str] = "notifier.reply_failed"
    VERSION: ClassVar[int] = 1

    reply_id: str
    turn_id: str
    channel: Channel
    failed_at: datetime
    status: int
    final: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkShown:
    """The user saw the loading animation for a request."""

    NAME: ClassVar[str] = "notifier.work_shown"
    VERSION: ClassVar[int] = 1

    request_id: str
    shown_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSent:
    """A mail server accepted the mail of a request; a copy is archived under `object_key`."""

    NAME: ClassVar[str] = "notifier.email_sent"
    VERSION: ClassVar[int] = 1

    request_id: str
    sent_at: datetime
    object_key: Personal[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailFailed:
    """A mail could not be sent."""

    NAME: ClassVar[str] = "notifier.email_failed"
    VERSION: ClassVar[int] = 1

    request_id: str
    failed_at: datetime
    reason: EmailFailureReason


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRaised:
    """Something an operator should know: an AlertName, and the upstream or consumer it is about."""

    NAME: ClassVar[str] = "notifier.alert_raised"
    VERSION: ClassVar[int] = 1

    name: str
    raised_at: datetime
    upstream: str = ""
