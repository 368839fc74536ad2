"""How bringing an answer ended, and putting that on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis import metrics
from chassis.decider import derived_id
from chassis.telemetry import get_logger
from contracts.base import CloudEvent
from contracts.conversation import ReplyRequested
from contracts.notifier import Channel, ReplyDelivered, ReplyFailed
from services.notifier.delivery import Delivered, Refused
from services.notifier.ports import Claim, Record
from services.notifier.render import Message, apology

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


@dataclass(frozen=True, slots=True)
class Sent:
    """How sending ended, for good."""

    attempt: Attempt
    channel: Channel
    verdict: Delivered | Refused


async def put_on_record(
    asked: CloudEvent[ReplyRequested], sent: Sent, now: datetime, record: Record
) -> None:
    """Record and count how it ended; the request is settled by the same append."""
    match sent.verdict:
        case Delivered() as how:
            if await _recorded(asked, _delivered(asked.data, sent, how, now), record):
                metrics.TURN_SECONDS.observe((now - asked.data.asked_at).total_seconds())
                turn = "apologised" if sent.attempt.is_apology else asked.data.outcome
                _count(asked, sent.channel, "delivered", turn)
        case Refused(status):
            ids = {"reply_id": asked.data.reply_id, "channel": sent.channel}
            log.error("reply_refused", status=status, **ids)
            if await _recorded(asked, _failed(asked.data, sent, status, now), record):
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
    )


def _failed(asked: ReplyRequested, sent: Sent, status: int, now: datetime) -> ReplyFailed:
    return ReplyFailed(
        reply_id=asked.reply_id,
        turn_id=asked.turn_id,
        channel=sent.channel,
        failed_at=now,
        status=status,
    )


def _count(asked: CloudEvent[ReplyRequested], channel: Channel, outcome: str, turn: str) -> None:
    metrics.DELIVERIES.labels(channel=channel, outcome=outcome).inc()
    metrics.TURNS.labels(mode=asked.data.mode, outcome=turn).inc()
