"""The delivery ledger in Postgres: one statement claims an answer before it is sent.

Order: an answer is not claimed while an earlier one of its conversation is unsettled, whoever
holds that. This alone keeps the order of the log over replicas and redeliveries; who is held up
brings the earlier one first. A dead letter is parked (published at infinity) and holds nobody
back: an answer out of order is better than none.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from chassis.errors import Unavailable
from chassis.eventlog.outage import DATABASE_DOWN
from contracts import subjects
from contracts.base import CloudEvent
from contracts.conversation import ReplyRequested
from services.notifier.delivery import Past
from services.notifier.ports import CLAIM_SECONDS, Claim, Held, Settled

KEPT = timedelta(days=2)
"""LINE remembers retry keys for one day; nothing is asked about an older attempt."""

NO_TURN = ""

_CLAIM = """
with asked as (
    select from eventlog.outbox where event_id = $1
), earlier as (
    select event_id from eventlog.outbox
    where stream = $2 and subject = $3 and version < $4 and next_publish_at < 'infinity'
    order by version limit 1
), claimed as (
    insert into notifier.deliveries as d
        (reply_id, stream, turn_id, retry_key, attempt, claimed_by, claimed_until, intent_at)
    select $5, $2, $6, $7, 1, $8, clock_timestamp() + $9::interval, clock_timestamp()
    where exists (select from asked) and not exists (select from earlier)
    on conflict (reply_id) do update set
        attempt = d.attempt + 1, in_doubt = d.in_doubt or d.open, open = true,
        claimed_by = excluded.claimed_by, claimed_until = excluded.claimed_until,
        intent_at = excluded.intent_at
    where d.claimed_until <= clock_timestamp()
    returning attempt, in_doubt, token_refused, content_refused, intent_at
)
select exists (select from asked) as asked, (select event_id from earlier) as earlier, claimed.*
from (values (1)) as always left join claimed on true
"""
_RENEW = """
update notifier.deliveries set
    attempt = attempt + 1, in_doubt = $3, token_refused = $4, content_refused = $5,
    claimed_until = clock_timestamp() + $6::interval, intent_at = clock_timestamp()
where reply_id = $1 and attempt = $2
returning attempt, intent_at
"""
_RELEASE = """
update notifier.deliveries set
    open = false, in_doubt = $3, token_refused = $4, content_refused = $5,
    claimed_until = clock_timestamp() + least(0.25 * power(2, $2), 8) * interval '1 second'
where reply_id = $1 and attempt = $2
"""
_CLAIM_LENGTH = timedelta(seconds=CLAIM_SECONDS)


class PostgresLedger:
    """The ledger of all replicas, as one of them writes it."""

    def __init__(self, pool: asyncpg.Pool, *, replica: str) -> None:
        """Claim in the name of `replica`."""
        self._pool = pool
        self._replica = replica

    async def claim(self, asked: CloudEvent[ReplyRequested]) -> Claim | Held | Settled:
        """Write down the intent to send this answer now, if it is its turn and nobody else's."""
        data = asked.data
        row = await self._row(
            _CLAIM,
            UUID(asked.id),
            UUID(asked.stream),
            subjects.REPLY_REQUESTED,
            asked.version,
            data.reply_id,
            # Word that the answer takes longer answers no turn: see is_being_answered.
            data.turn_id if data.final else NO_TURN,
            UUID(data.reply_id),
            self._replica,
            _CLAIM_LENGTH,
        )
        if row is None or not row["asked"]:
            return Settled()
        if row["attempt"]:
            return _claim(data.reply_id, row, _past(row))
        return Held(str(row["earlier"]) if row["earlier"] else None)

    async def renew(self, claim: Claim, past: Past) -> Claim | None:
        """Write down another attempt that knows more; None when the claim was lost meanwhile."""
        row = await self._row(_RENEW, *_state(claim, past), _CLAIM_LENGTH)
        return _claim(claim.reply_id, row, past) if row else None

    async def release(self, claim: Claim, past: Past) -> None:
        """Let go of a claim; the next attempt has to wait half a second, then twice as long."""
        await self._row(_RELEASE, *_state(claim, past))

    async def is_being_answered(self, turn_id: str) -> bool:
        """Tell whether anybody has ever set out to send the answer of this turn."""
        find = "select 1 as found from notifier.deliveries where turn_id = $1 limit 1"
        return await self._row(find, turn_id) is not None

    async def forget_old(self) -> None:
        """Remove what nobody will ask about again."""
        await self._row(
            "delete from notifier.deliveries where intent_at < now() - $1::interval", KEPT
        )

    async def _row(self, statement: str, *arguments: Any) -> asyncpg.Record | None:
        try:
            return await self._pool.fetchrow(statement, *arguments)
        except DATABASE_DOWN as error:
            raise Unavailable("the delivery ledger") from error


def _claim(reply_id: str, row: asyncpg.Record, past: Past) -> Claim:
    return Claim(reply_id=reply_id, attempt=row["attempt"], past=past, at=row["intent_at"])


def _past(row: asyncpg.Record) -> Past:
    return Past(
        in_doubt=row["in_doubt"],
        token_refused=row["token_refused"],
        content_refused=row["content_refused"],
    )


def _state(claim: Claim, past: Past) -> tuple[str, int, bool, bool, bool]:
    flags = (past.in_doubt, past.token_refused, past.content_refused)
    return (claim.reply_id, claim.attempt, *flags)
