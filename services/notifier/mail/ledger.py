"""The mail ledger in Postgres: who sends which mail, and that none is sent twice."""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import asyncpg

from chassis.errors import Unavailable
from chassis.eventlog.outage import asking
from contracts.base import CloudEvent
from contracts.conversation import EmailRequested

HELD = timedelta(seconds=40)
"""How long a mail belongs to whoever set out to send it, from the begin of each attempt; no longer
than they live, where that is known."""
KEPT = timedelta(days=2)
"""The caps count one day; a request is settled long before two."""
_CLAIM = "select notifier.claim_mail($1, $2, $3, $4, $5, $6, $7, $8)"
# The first half of a holder's name is the number of the lock that shows that its replica lives.
_LAPSE = """
    update notifier.mails set held_until = clock_timestamp()
    where request_id = $1 and held_until > clock_timestamp() and case
        when uuid_send(holder) < '\\x0000000000000001' then false
        else pg_try_advisory_xact_lock(
            ('x' || encode(substr(uuid_send(holder), 1, 8), 'hex'))::bit(64)::bigint
        ) end
    returning true
"""
_HOLD = """
    update notifier.mails set held_until = clock_timestamp() + $3::interval
    where request_id = $1 and holder = $2 returning true
"""
_HAND = """
    update notifier.mails set handed = true
    where request_id = $1 and holder = $2 and not handed returning true
"""
_TAKE_BACK = "update notifier.mails set handed = false where request_id = $1 and holder = $2"
_FORGET = "delete from notifier.mails where claimed_at < clock_timestamp() - $1::interval"


class Refusal(StrEnum):
    """Why a mail may not be sent: somebody is at it · somebody was when they died · a cap."""

    HELD = "held"
    UNKNOWN = "unknown"
    CAPPED = "capped"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send a mail, for a while."""

    request_id: str
    holder: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """Mails in 24 hours: of a user, to an address, of all together; 0 is no limit."""

    user: int
    address: int
    all: int


class MailLedger:
    """The ledger that all replicas share. Every method raises Unavailable without a database."""

    def __init__(
        self, pool: asyncpg.Pool, *, secret: bytes, caps: Caps, mark: Callable[[], int] = lambda: 0
    ) -> None:
        """Know addresses by a hash keyed with `secret`; `mark` as that of presence.Presence."""
        self._pool = pool
        self._mark = mark
        self._secret = secret
        self._caps = caps

    async def claim(self, asked: CloudEvent[EmailRequested], address: str) -> Claim | Refusal:
        """Write down who sends this mail to whom, if it may be sent at all."""
        hashed = hmac.digest(self._secret, b"mail:" + address.casefold().encode(), "sha256")
        caps = (self._caps.user, self._caps.address, self._caps.all)
        claim, stream = Claim(asked.data.request_id, self._new_holder()), UUID(asked.stream)
        wish = (claim.request_id, stream, hashed, claim.holder, HELD, *caps)
        said: str = await self._value(_CLAIM, *wish)
        if said == Refusal.HELD and await self._value(_LAPSE, claim.request_id):
            said = await self._value(_CLAIM, *wish)
        return claim if said == "claimed" else Refusal(said)

    async def hold(self, claim: Claim) -> None:
        """Keep a mail for another attempt; Unavailable when it belongs to somebody else now."""
        if not await self._value(_HOLD, claim.request_id, claim.holder, HELD):
            raise Unavailable("this mail is somebody else's by now")

    async def hand_over(self, claim: Claim) -> None:
        """Write down that the mail server is given the text now; Unavailable as for `hold`."""
        if not await self._value(_HAND, claim.request_id, claim.holder):
            raise Unavailable("this mail is somebody else's by now")

    async def take_back(self, claim: Claim) -> None:
        """Write down that the mail server has certainly not taken it."""
        await self._value(_TAKE_BACK, claim.request_id, claim.holder)

    async def forget_old(self) -> None:
        """Remove what no cap counts and nobody asks about again."""
        await self._value(_FORGET, KEPT)

    def _new_holder(self) -> UUID:
        return UUID(bytes=self._mark().to_bytes(8) + secrets.token_bytes(8))

    async def _value(self, statement: str, *arguments: Any) -> Any:
        with asking("the mail ledger"):
            return await self._pool.fetchval(statement, *arguments)
