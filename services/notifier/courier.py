"""Bringing one answer to its user: claim, send, put on record."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NoReturn

from chassis import clock, metrics
from chassis.decider import derived_id
from chassis.errors import Unavailable
from chassis.telemetry import get_logger
from contracts.base import CloudEvent
from contracts.conversation import ReplyRequested
from contracts.notifier import Channel
from services.notifier.delivery import (
    Again,
    Delivered,
    Heard,
    Later,
    Past,
    Refused,
    Rejected,
    Withheld,
    choose,
    judge,
    judge_interim,
    may_blame_quote,
    may_still_reply,
    without_token,
)
from services.notifier.drafts import Drafts
from services.notifier.loading import Loading
from services.notifier.outcome import Attempt, Sent, put_on_record
from services.notifier.ports import (
    CLAIM_SECONDS,
    LINE_TIMEOUT_SECONDS,
    Claim,
    Held,
    Ledger,
    Messenger,
    Record,
    Settled,
)
from services.notifier.render import Message

TURN_WAIT_SECONDS = 0.75
"""How long an answer waits here for who is sending it; then the bus brings it again."""
EXCUSE_WAIT_SECONDS = CLAIM_SECONDS + 2.0
"""How long an apology waits: whoever broke off has left a claim, which is to lapse first."""
FIRST_LOOK_SECONDS = 0.02
LONGEST_LOOK_SECONDS = 0.25
STALE_SECONDS = CLAIM_SECONDS - LINE_TIMEOUT_SECONDS - 0.5
"""A claim this old might lapse while LINE is being called: a process that was stopped after
claiming must not send when it wakes."""
NOBODY = Rejected(status=410)
"""Gone: what sending to a user who had all data erased comes to."""
MOST_UNRECORDED = 1_000
"""Deliveries kept in mind while the log is down."""
log = get_logger()
Bring = Callable[[CloudEvent[ReplyRequested]], Awaitable[Sent | Held | None]]


class Courier:
    """Delivers answers; every replica has one."""

    def __init__(
        self,
        messenger: Messenger,
        ledger: Ledger,
        loading: Loading,
        drafts: Drafts,
        *,
        now: Callable[[], datetime] = clock.now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Send through `messenger` what `ledger` allows."""
        self._messenger = messenger
        self._ledger = ledger
        self._loading = loading
        self._drafts = drafts
        self._now = now
        self._clock = clock
        self._unrecorded: dict[str, Sent] = {}

    async def deliver(self, asked: CloudEvent[ReplyRequested], record: Record) -> None:
        """Bring an answer to its user and put that on record, once; those before it first.

        Raises Unavailable when it has to be tried again later.
        """
        while isinstance(held := await self._delivered(asked, record, self._bring), Held):
            await self._deliver_earlier(held, record)

    async def apologise(self, asked: CloudEvent[ReplyRequested], record: Record) -> None:
        """Show an apology in place of an answer that cannot be brought, on the shortest way.

        It is claimed, sent and recorded as the answer itself would be: so there is one of them.
        """
        while isinstance(held := await self._delivered(asked, record, self._excuse), Held):
            await self._deliver_earlier(held, record)

    async def _deliver_earlier(self, held: Held, record: Record) -> None:
        earlier = await record.read_event(held.earlier or "")
        if earlier is None:
            raise Unavailable("the answer before this one")
        try:
            await self._delivered(earlier, record, self._bring)
        except Unavailable:
            raise
        except Exception as error:
            # Its own message parks it; this one must not be buried with it.
            raise Unavailable("the answer before this one") from error

    async def _delivered(
        self, asked: CloudEvent[ReplyRequested], record: Record, bring: Bring
    ) -> Held | None:
        sent = self._unrecorded.get(asked.id) or await bring(asked)
        if not isinstance(sent, Sent):
            return sent
        # Should the log be down now, the next try must not send again what LINE has.
        self._unrecorded[asked.id] = sent
        if len(self._unrecorded) > MOST_UNRECORDED:
            del self._unrecorded[next(iter(self._unrecorded))]
        await put_on_record(asked, sent, self._now(), record)
        self._unrecorded.pop(asked.id, None)
        return None

    async def _bring(self, asked: CloudEvent[ReplyRequested]) -> Sent | Held | None:
        """Send the answer and return how that ended for good; None when it is settled already."""
        messages = await self._drafts.write(asked)
        # Both before the claim, which is short.
        async with self._loading.hushed(asked):
            return await self._sent(asked, await self._claimed(asked, messages))

    async def _excuse(self, asked: CloudEvent[ReplyRequested]) -> Sent | Held | None:
        """Send an apology and return how that ended, without all that may be broken."""
        attempt = await self._claimed(asked, None, within=EXCUSE_WAIT_SECONDS)
        return await self._sent(asked, attempt)

    async def _sent(
        self, asked: CloudEvent[ReplyRequested], attempt: Attempt | Held | None
    ) -> Sent | Held | None:
        if not isinstance(attempt, Attempt):
            return attempt
        if asked.data.final:
            return await self._send_until_known(asked.data, attempt)
        return await self._send_interim(asked.data, attempt)

    async def _claimed(
        self,
        asked: CloudEvent[ReplyRequested],
        messages: Sequence[Message] | None,
        *,
        within: float = TURN_WAIT_SECONDS,
    ) -> Attempt | Held | None:
        """Claim the answer, or tell which goes first; None when there is nothing left to do."""
        ends, pause = self._clock() + within, FIRST_LOOK_SECONDS
        while True:
            since = self._clock()
            match await self._ledger.claim(asked):
                case Claim() as claim:
                    return Attempt(claim, messages, since)
                case Settled():
                    return None
                case Held(earlier=None):
                    if since + pause > ends:
                        raise Unavailable(
                            "somebody else is sending it, or it rests after a failure"
                        )
                case Held() as held:
                    return held
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_LOOK_SECONDS)

    async def _send_until_known(self, asked: ReplyRequested, attempt: Attempt) -> Sent:
        """Send, and at once in another way when LINE's answer says how."""
        while True:
            past = attempt.claim.past
            channel = self._channel(asked, attempt)
            if channel == "push" and may_still_reply(past, has_token=bool(asked.reply_token)):
                attempt = await self._renewed(attempt, Again(without_token(past)))
                continue
            heard, attempt = await self._heard(asked, channel, attempt)
            verdict = judge(channel, heard, past)
            match verdict:
                case Again():
                    attempt = await self._renewed(attempt, verdict)
                case Later(known):
                    await self._put_off(channel, attempt, known)
                case Delivered() | Refused():
                    return Sent(attempt, channel, verdict)

    async def _send_interim(self, asked: ReplyRequested, attempt: Attempt) -> Sent:
        """Send word that the answer takes longer: by the reply token, or not at all."""
        past = attempt.claim.past
        if attempt.is_apology or self._channel(asked, attempt) != "reply":
            return Sent(attempt, "reply", Withheld())
        heard, attempt = await self._heard(asked, "reply", attempt)
        verdict = judge_interim(heard, past)
        if isinstance(verdict, Later):
            await self._put_off("reply", attempt, verdict.past)
        return Sent(attempt, "reply", verdict)

    def _channel(self, asked: ReplyRequested, attempt: Attempt) -> Channel:
        claim, has_token = attempt.claim, bool(asked.reply_token)
        # By the ledger's clock: one of our own that is slow would call an expired token young, and
        # LINE's no to it would pass for the answer being there.
        now, good_until = self._ledger_time(attempt), asked.token_good_until
        return choose(now, good_until, has_token=has_token, past=claim.past, final=asked.final)

    def _ledger_time(self, attempt: Attempt) -> datetime:
        return attempt.claim.at + timedelta(seconds=self._clock() - attempt.since)

    async def _heard(
        self, asked: ReplyRequested, channel: Channel, attempt: Attempt
    ) -> tuple[Heard, Attempt]:
        """Send; once more without the quote when LINE does not take the messages with it."""
        await self._refuse_stale(attempt)
        heard = await self._send(asked, channel, attempt)
        if not (attempt.quotes and may_blame_quote(channel, heard)):
            return heard, attempt
        attempt = (await self._renewed(attempt, Again(attempt.claim.past))).unquoted()
        return await self._send(asked, channel, attempt), attempt

    async def _put_off(self, channel: Channel, attempt: Attempt, known: Past) -> NoReturn:
        """Let go of the answer for now."""
        metrics.DELIVERIES.labels(channel=channel, outcome="retried").inc()
        await self._ledger.release(attempt.claim, known)
        raise Unavailable("LINE")

    async def _send(self, asked: ReplyRequested, channel: Channel, attempt: Attempt) -> Heard:
        if channel == "reply":
            return await self._messenger.reply(asked.reply_token, attempt.content)
        to = asked.recipient.group or asked.recipient.user
        if not to:
            return NOBODY
        # Other messages, other key: LINE never saw these under the first one.
        key = derived_id(asked.reply_id, "apology") if attempt.is_apology else asked.reply_id
        return await self._messenger.push(to, attempt.content, retry_key=key)

    async def _refuse_stale(self, attempt: Attempt) -> None:
        if self._clock() - attempt.since > STALE_SECONDS:
            await self._ledger.release(attempt.claim, attempt.claim.past)
            raise Unavailable("the claim is too old to send under")

    async def _renewed(self, attempt: Attempt, verdict: Again) -> Attempt:
        if verdict.past.content_refused and not attempt.claim.past.content_refused:
            log.error("answer_not_taken", reply_id=attempt.claim.reply_id)
        since = self._clock()
        claim = await self._ledger.renew(attempt.claim, verdict.past)
        if claim is None:
            raise Unavailable("another replica has taken over")
        return replace(attempt, claim=claim, since=since)
