"""The delivery ledger against a real Postgres, as several replicas write it."""

import asyncio
from collections.abc import AsyncGenerator
from uuid import UUID

import asyncpg
import pytest

from chassis.database import open_pool
from chassis.testing import Database
from contracts import subjects
from contracts.base import CloudEvent
from contracts.conversation import ReplyRequested
from services.notifier.delivery import NOTHING_TRIED, Past
from services.notifier.ledger import PostgresLedger
from services.notifier.ports import Claim, Held, Settled
from services.notifier.tests.given import NOW, reply_requested

FIRST, SECOND = reply_requested("t1", 3), reply_requested("t2", 7)


@pytest.fixture
async def pool(postgres: Database) -> AsyncGenerator[asyncpg.Pool]:
    async with open_pool(postgres.service_url) as pool:
        yield pool


@pytest.fixture
def ledger(pool: asyncpg.Pool) -> PostgresLedger:
    return PostgresLedger(pool, replica="a")


async def owe(pool: asyncpg.Pool, *asked: CloudEvent[ReplyRequested]) -> None:
    """Put requests into the outbox, as the append that recorded them does."""
    for each in asked:
        await pool.execute(
            "insert into eventlog.outbox (event_id, stream, version, subject, next_publish_at)"
            " values ($1, $2, $3, $4, now())",
            UUID(each.id),
            UUID(each.stream),
            each.version,
            subjects.REPLY_REQUESTED,
        )


async def settle(pool: asyncpg.Pool, asked: CloudEvent[ReplyRequested]) -> None:
    await pool.execute("delete from eventlog.outbox where event_id = $1", UUID(asked.id))


async def lapse(pool: asyncpg.Pool) -> None:
    await pool.execute("update notifier.deliveries set claimed_until = now()")


async def test_the_first_claim_knows_of_nothing_tried(pool: asyncpg.Pool, ledger: PostgresLedger):
    await owe(pool, FIRST)
    claim = Claim(reply_id=FIRST.data.reply_id, attempt=1, past=NOTHING_TRIED, at=NOW)
    assert await ledger.claim(FIRST) == claim


async def test_of_many_replicas_one_gets_the_claim(pool: asyncpg.Pool):
    await owe(pool, FIRST)
    replicas = [PostgresLedger(pool, replica=str(n)) for n in range(8)]
    found = await asyncio.gather(*(each.claim(FIRST) for each in replicas))
    assert sum(isinstance(each, Claim) for each in found) == 1
    assert found.count(Held()) == 7


async def test_a_claim_that_lapsed_leaves_a_doubt(pool: asyncpg.Pool, ledger: PostgresLedger):
    await owe(pool, FIRST)
    await ledger.claim(FIRST)
    await lapse(pool)
    claim = Claim(reply_id=FIRST.data.reply_id, attempt=2, past=Past(in_doubt=True), at=NOW)
    assert await ledger.claim(FIRST) == claim


@pytest.mark.parametrize("past", [Past(), Past(in_doubt=True), Past(token_refused=True)])
async def test_a_released_claim_leaves_what_was_learned(
    past: Past, pool: asyncpg.Pool, ledger: PostgresLedger
):
    await owe(pool, FIRST)
    claim = await ledger.claim(FIRST)
    assert isinstance(claim, Claim)
    await ledger.release(claim, past)
    assert await ledger.claim(FIRST) == Held()  # it rests for a moment
    await lapse(pool)
    assert await ledger.claim(FIRST) == Claim(
        reply_id=FIRST.data.reply_id, attempt=2, past=past, at=NOW
    )


async def test_a_renewed_claim_is_another_attempt(pool: asyncpg.Pool, ledger: PostgresLedger):
    await owe(pool, FIRST)
    claim = await ledger.claim(FIRST)
    assert isinstance(claim, Claim)
    past = Past(token_refused=True)
    assert await ledger.renew(claim, past) == Claim(
        reply_id=claim.reply_id, attempt=2, past=past, at=NOW
    )
    assert await ledger.claim(FIRST) == Held()


async def test_who_lost_a_claim_can_neither_renew_nor_release_it(
    pool: asyncpg.Pool, ledger: PostgresLedger
):
    await owe(pool, FIRST)
    stale = await ledger.claim(FIRST)
    assert isinstance(stale, Claim)
    await lapse(pool)
    await PostgresLedger(pool, replica="b").claim(FIRST)
    assert await ledger.renew(stale, Past(token_refused=True)) is None
    await ledger.release(stale, Past())
    assert await ledger.claim(FIRST) == Held()


async def test_what_is_settled_is_never_claimed(pool: asyncpg.Pool, ledger: PostgresLedger):
    await owe(pool, FIRST)
    await ledger.claim(FIRST)
    await settle(pool, FIRST)
    await lapse(pool)
    assert await ledger.claim(FIRST) == Settled()


async def test_an_answer_waits_until_the_earlier_one_is_settled(
    pool: asyncpg.Pool, ledger: PostgresLedger
):
    await owe(pool, FIRST, SECOND)
    assert await ledger.claim(SECOND) == Held(FIRST.id)
    await settle(pool, FIRST)
    assert isinstance(await ledger.claim(SECOND), Claim)


async def test_an_answer_of_another_conversation_does_not_wait(
    pool: asyncpg.Pool, ledger: PostgresLedger
):
    other = reply_requested("t2", 7, stream="00000000-0000-0000-0000-000000000002")
    await owe(pool, FIRST, other)
    assert isinstance(await ledger.claim(other), Claim)


async def test_a_dead_letter_holds_nobody_back(pool: asyncpg.Pool, ledger: PostgresLedger):
    await owe(pool, FIRST, SECOND)
    await pool.execute(
        "update eventlog.outbox set next_publish_at = 'infinity' where version = $1", FIRST.version
    )
    assert isinstance(await ledger.claim(SECOND), Claim)


async def test_a_turn_is_being_answered_from_its_first_claim_on(
    pool: asyncpg.Pool, ledger: PostgresLedger
):
    await owe(pool, FIRST)
    assert not await ledger.is_being_answered(FIRST.data.turn_id)
    await ledger.claim(FIRST)
    assert await ledger.is_being_answered(FIRST.data.turn_id)


async def test_word_that_it_takes_longer_is_no_answer(pool: asyncpg.Pool, ledger: PostgresLedger):
    word = reply_requested("t1", 3, final=False)
    await owe(pool, word)
    assert isinstance(await ledger.claim(word), Claim)
    assert not await ledger.is_being_answered(word.data.turn_id)


async def test_only_old_intents_are_forgotten(pool: asyncpg.Pool, ledger: PostgresLedger):
    await owe(pool, FIRST)
    await ledger.claim(FIRST)
    await ledger.forget_old()
    assert await ledger.is_being_answered(FIRST.data.turn_id)
    await pool.execute("update notifier.deliveries set intent_at = now() - interval '3 days'")
    await ledger.forget_old()
    assert not await ledger.is_being_answered(FIRST.data.turn_id)
