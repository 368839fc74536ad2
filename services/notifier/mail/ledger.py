"""The mail ledger in Postgres: who sends which mail, and that none is sent twice."""

import hmac
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from chassis.errors import Unavailable
from chassis.eventlog.outage import asking
from contracts.base import CloudEvent
from contracts.conversation import EmailRequested

HELD = timedelta(seconds=40)
"""How long a mail belongs to whoever set out to send it, from the begin of each attempt."""
KEPT = timedelta(days=2)
"""The caps count one day; a request is settled long before two."""
_CLAIM = "select notifier.claim_mail($1, $2, $3, $4, $5, $6, $7, $8)"
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

    def __init__(self, pool: asyncpg.Pool, *, secret: bytes, caps: Caps) -> None:
        """Know addresses by a hash keyed with `secret`."""
        self._pool = pool
        self._secret = secret
        self._caps = caps

    async def claim(self, asked: CloudEvent[EmailRequested], address: str) -> Claim | Refusal:
        """Write down who sends this mail to whom, if it may be sent at all."""
        hashed = hmac.digest(self._secret, b"mail:" + address.casefold().encode(), "sha256")
        caps = (self._caps.user, self._caps.address, self._caps.all)
        claim, stream = Claim(asked.data.request_id, uuid4()), UUID(asked.stream)
        said: str = await self._value(
            _CLAIM, claim.request_id, stream, hashed, claim.holder, HELD, *caps
        )
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

    async def _value(self, statement: str, *arguments: Any) -> Any:
        with asking("the mail ledger"):
            return await self._pool.fetchval(statement, *arguments)
