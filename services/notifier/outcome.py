"""How bringing an answer ended, and putting that on record."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chassis import metrics
from chassis.decider import derived_id
from chassis.telemetry import get_logger
from contracts.base import CloudEvent
from contracts.conversation import ReplyRequested
from contracts.notifier import Channel, ReplyDelivered, ReplyFailed
from services.notifier.alerts import raise_alert
from services.notifier.delivery import Delivered, Refused, Withheld
from services.notifier.ports import Claim, Record
from services.notifier.render import Message, apology, without_quote

MONTHLY_LIMIT = 429
"""The one 429 that is for good: a rate is tried again."""
log = get_logger()


@dataclass(frozen=True, slots=True)
class Attempt:
    """A claim, the messages to send under it, and the monotonic second it is sure to hold from."""

    claim: Claim
    messages: Sequence[Message] | None
    since: float

    @property
    def is_apology(self) -> bool:
        """Whether the user is shown an apology: neither LINE nor we can show the answer."""
        return self.messages is None or self.claim.past.content_refused

    @property
    def content(self) -> Sequence[Message]:
        """The messages to send."""
        return self.messages if self.messages and not self.is_apology else apology()

    @property
    def quotes(self) -> bool:
        """Whether the messages quote the one that is answered."""
        return any("quoteToken" in each for each in self.content)

    def unquoted(self) -> "Attempt":
        """Return the same attempt with messages that quote nothing."""
        return replace(self, messages=without_quote(self.messages or ()))


@dataclass(frozen=True, slots=True)
class Sent:
    """How sending ended, for good."""

    attempt: Attempt
    channel: Channel
    verdict: Delivered | Refused | Withheld


async def put_on_record(
    asked: CloudEvent[ReplyRequested], sent: Sent, now: datetime, record: Record
) -> None:
    """Record and count how it ended; the request is settled by the same append."""
    data = asked.data
    match sent.verdict:
        case Delivered() as how:
            if await _recorded(asked, _delivered(data, sent, how, now), record):
                _count_delivered(asked, sent, now)
        case Withheld(status):
            log.warning("interim_withheld", status=status, reply_id=data.reply_id)
            if await _recorded(asked, _failed(data, sent, status, now), record):
                metrics.DELIVERIES.labels(channel=sent.channel, outcome="withheld").inc()
        case Refused(status):
            log.error("reply_refused", status=status, reply_id=data.reply_id, channel=sent.channel)
            if status == MONTHLY_LIMIT:
                await raise_alert("LineMonthlyLimit", now, record)
            if await _recorded(asked, _failed(data, sent, status, now), record):
                _count(asked, sent.channel, "refused", "abandoned")


async def _recorded(
    asked: CloudEvent[ReplyRequested], fact: ReplyDelivered | ReplyFailed, record: Record
) -> bool:
    """Record on a stream beside the conversation's, which only its decider may move on."""
    recorded = await record.record(
        derived_id("delivery", asked.stream),
        [fact],
        key=f"delivered:{asked.data.reply_id}",
        ids=[derived_id(asked.id, "delivered")],
        turn=asked.turn,
        cause=asked,
        wakes=False,
        settles=[asked.id],
    )
    return recorded is not None


def _delivered(asked: ReplyRequested, sent: Sent, how: Delivered, now: datetime) -> ReplyDelivered:
    return ReplyDelivered(
        reply_id=asked.reply_id,
        turn_id=asked.turn_id,
        channel=sent.channel,
        delivered_at=now,
        attempts=sent.attempt.claim.attempt,
        known_by=how.known_by,
        message_ids=how.message_ids,
        apology=sent.attempt.is_apology,
        final=asked.final,
    )


def _failed(asked: ReplyRequested, sent: Sent, status: int, now: datetime) -> ReplyFailed:
    return ReplyFailed(
        reply_id=asked.reply_id,
        turn_id=asked.turn_id,
        channel=sent.channel,
        failed_at=now,
        status=status,
        final=asked.final,
    )


def _count_delivered(asked: CloudEvent[ReplyRequested], sent: Sent, now: datetime) -> None:
    if not asked.data.final:
        # The turn goes on: its answer is what is counted and timed.
        metrics.DELIVERIES.labels(channel=sent.channel, outcome="still_working").inc()
        return
    metrics.TURN_SECONDS.observe((now - asked.data.asked_at).total_seconds())
    turn = "apologised" if sent.attempt.is_apology else asked.data.outcome
    _count(asked, sent.channel, "delivered", turn)


def _count(asked: CloudEvent[ReplyRequested], channel: Channel, outcome: str, turn: str) -> None:
    metrics.DELIVERIES.labels(channel=channel, outcome=outcome).inc()
    metrics.TURNS.labels(mode=asked.data.mode, outcome=turn).inc()
