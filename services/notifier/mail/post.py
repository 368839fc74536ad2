"""One mail from its request to its outcome: checked, claimed, sent, archived."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chassis import clock, metrics
from chassis.archive import Archive
from chassis.decider import derived_id
from chassis.errors import Unavailable
from chassis.resilience import Guard, TooLate
from chassis.telemetry import get_logger
from contracts.base import CloudEvent
from contracts.conversation import EmailRequested
from contracts.notifier import EmailFailed, EmailFailureReason, EmailSent
from services.notifier.mail.address import Domains, mailbox
from services.notifier.mail.ledger import Claim, MailLedger, Refusal
from services.notifier.mail.letter import Letter, letter, plain_text
from services.notifier.mail.smtp import LoginRefused, MailRefused, OutcomeUnknown, Trouble

CHANNEL = "email"
COPY_TYPE = "text/plain; charset=utf-8"
MOST_UNRECORDED = 1_000
"""Outcomes kept in mind while the log is down."""
Outcome = EmailSent | EmailFailed
log = get_logger()


class Carrier(Protocol):
    """Whoever brings a letter to the mail server; see smtp.Smtp."""

    async def send(self, letter: Letter, *, handing: Callable[[], Awaitable[None]]) -> None:
        """Return once the server has taken the letter."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What a mail passes: whose account, which domains, the ledger, the server, the archive."""

    sender: str | None
    domains: Domains
    ledger: MailLedger
    carrier: Carrier
    guard: Guard
    archive: Archive


class Post:
    """Sends mails, each at most once; every replica has one."""

    def __init__(self, office: Office, *, now: Callable[[], datetime] = clock.now) -> None:
        """Send through `office`."""
        self._office = office
        self._now = now
        self._unrecorded: dict[str, Outcome] = {}

    async def send(self, asked: CloudEvent[EmailRequested]) -> Outcome:
        """Send the mail of a request and return how that ended.

        Raises Unavailable when somebody else is at it or nothing can be written down now. Call
        `recorded` once the outcome stands in the log.
        """
        request_id = asked.data.request_id
        known = self._unrecorded.get(request_id)
        if known is not None:
            return known
        outcome = await self._outcome(asked)
        # Should the log be down now, the next try must not take this mail for a lost one.
        self._unrecorded[request_id] = outcome
        if len(self._unrecorded) > MOST_UNRECORDED:
            del self._unrecorded[next(iter(self._unrecorded))]
        self._count(outcome)
        return outcome

    def recorded(self, request_id: str) -> None:
        """Forget an outcome that the log knows."""
        self._unrecorded.pop(request_id, None)

    async def _outcome(self, asked: CloudEvent[EmailRequested]) -> Outcome:
        to, sender = mailbox(asked.data.address), self._office.sender
        if sender is None:
            return self._failed(asked.data, "off")
        if to is None:
            return self._failed(asked.data, "refused")
        if not await self._office.domains.take_mail(to.domain):
            return self._failed(asked.data, "undeliverable")
        match await self._office.ledger.claim(asked, to.address):
            case Refusal.HELD:
                raise Unavailable("somebody else is sending this mail")
            case Refusal.CAPPED:
                return self._failed(asked.data, "capped")
            case Refusal.UNKNOWN:
                return self._failed(asked.data, "unknown")
            case Claim() as claim:
                mail = letter(asked.data, to, sender=sender, now=self._now())
                handing = _Handing(self._office, claim, mail)
                reason = await handing.failure(asked.data.answer_by)
                return self._failed(asked.data, reason) if reason else self._sent(asked)

    def _sent(self, asked: CloudEvent[EmailRequested]) -> EmailSent:
        key = f"text/{asked.stream}/{derived_id(asked.data.request_id, 'text')}.txt"
        copy = plain_text(asked.data).encode()
        self._office.archive.keep(asked, key, copy, content_type=COPY_TYPE)
        return EmailSent(request_id=asked.data.request_id, sent_at=self._now(), object_key=key)

    def _failed(self, asked: EmailRequested, reason: EmailFailureReason) -> EmailFailed:
        return EmailFailed(request_id=asked.request_id, failed_at=self._now(), reason=reason)

    def _count(self, outcome: Outcome) -> None:
        if isinstance(outcome, EmailSent):
            metrics.DELIVERIES.labels(channel=CHANNEL, outcome="delivered").inc()
            return
        log.warning("mail_not_sent", reason=outcome.reason)
        if outcome.reason in {"capped", "undeliverable", "off"}:
            metrics.EMAILS_SUPPRESSED.labels(reason=outcome.reason).inc()
        else:
            metrics.DELIVERIES.labels(channel=CHANNEL, outcome=outcome.reason).inc()


@dataclass(slots=True)
class _Handing:
    """Giving one mail to the server, tried again only as long as it cannot have it."""

    office: Office
    claim: Claim
    mail: Letter
    in_doubt: bool = False

    async def failure(self, deadline: datetime) -> EmailFailureReason | None:
        """Return why the mail was not sent; None when it was."""
        try:
            await self.office.guard.call(self._once, deadline=deadline)
        except OutcomeUnknown:
            return "unknown"
        except MailRefused:
            return "refused"
        except LoginRefused:
            log.error("mail_login_refused")  # noqa: TRY400 (a trace may hold the address)
            return "off"
        except Unavailable as error:
            if self.in_doubt:
                return "unknown"
            return "late" if isinstance(error, TooLate) else "unavailable"
        return None

    async def _once(self) -> None:
        if self.in_doubt:  # the attempt before this one was cut off with the text given away
            raise OutcomeUnknown
        await self.office.ledger.hold(self.claim)
        try:
            await self.office.carrier.send(self.mail, handing=self._hand)
        except (Trouble, MailRefused):
            if self.in_doubt:  # the server has said no: it certainly has no mail of ours
                await self.office.ledger.take_back(self.claim)
                self.in_doubt = False
            raise

    async def _hand(self) -> None:
        await self.office.ledger.hand_over(self.claim)
        self.in_doubt = True
