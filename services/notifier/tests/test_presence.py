"""Mails whose sender died: known at once, and told apart from one that only takes its time."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import asyncpg
import pytest

from chassis.database import open_pool
from chassis.errors import Unavailable
from chassis.testing import Database, poll
from contracts.base import CloudEvent
from contracts.conversation import EmailRequested
from services.notifier.mail.ledger import Claim, MailLedger
from services.notifier.mail.post import Post
from services.notifier.mail.presence import Presence
from services.notifier.tests.post_offices import PostOffice, post_office
from services.notifier.tests.test_post import NO_CAPS, NURSE, office, reason, request


@pytest.fixture
async def pool(postgres: Database) -> AsyncGenerator[asyncpg.Pool]:
    async with open_pool(postgres.service_url) as pool:
        yield pool


@pytest.fixture
async def server() -> AsyncGenerator[PostOffice]:
    async with post_office() as made:
        yield made


@asynccontextmanager
async def replica(database_url: str) -> AsyncGenerator[MailLedger]:
    """Yield the ledger of another replica; leaving the block is its death."""
    async with open_pool(database_url) as pool:
        presence = Presence(pool, look_seconds=0.05)
        keeping = asyncio.create_task(presence.keep())
        await poll(lambda: presence.mark, what="the lock")
        yield MailLedger(pool, secret=b"secret", caps=NO_CAPS, mark=lambda: presence.mark)
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping


async def claimed(ledger: MailLedger, asked: CloudEvent[EmailRequested]) -> Claim:
    claim = await ledger.claim(asked, NURSE)
    assert isinstance(claim, Claim)
    return claim


async def test_a_mail_is_left_to_a_sender_who_lives(
    pool: asyncpg.Pool, server: PostOffice, postgres: Database
):
    asked, (made, _) = request(), office(pool, server.port)
    async with replica(postgres.service_url) as other:
        await claimed(other, asked)
        with pytest.raises(Unavailable):
            await Post(made).send(asked)


async def test_a_mail_that_its_dead_sender_had_given_away_is_unknown_at_once(
    pool: asyncpg.Pool, server: PostOffice, postgres: Database
):
    asked, (made, _) = request(), office(pool, server.port)
    async with replica(postgres.service_url) as other:
        await other.hand_over(await claimed(other, asked))
    assert reason(await Post(made).send(asked)) == "unknown"
    assert server.mails == []


async def test_a_mail_that_its_dead_sender_had_not_given_away_is_sent_once(
    pool: asyncpg.Pool, server: PostOffice, postgres: Database
):
    asked, (made, _) = request(), office(pool, server.port)
    async with replica(postgres.service_url) as other:
        await claimed(other, asked)
    assert reason(await Post(made).send(asked)) == "sent"
    assert len(server.mails) == 1


async def test_who_is_wrongly_taken_for_dead_cannot_give_the_mail_away_any_more(
    pool: asyncpg.Pool, server: PostOffice, postgres: Database
):
    asked, (made, _) = request(), office(pool, server.port)
    async with replica(postgres.service_url) as other:
        claim = await claimed(other, asked)
    assert reason(await Post(made).send(asked)) == "sent"
    with pytest.raises(Unavailable):
        await made.ledger.hand_over(claim)


async def test_without_a_lock_nobody_is_taken_for_dead(pool: asyncpg.Pool, server: PostOffice):
    asked, (made, _) = request(), office(pool, server.port)
    await claimed(made.ledger, asked)
    with pytest.raises(Unavailable):
        await Post(made).send(asked)


async def test_a_lock_that_was_lost_is_taken_anew(pool: asyncpg.Pool, postgres: Database):
    async with open_pool(postgres.service_url) as own:
        presence = Presence(own, look_seconds=0.05)
        keeping = asyncio.create_task(presence.keep())
        mark = await poll(lambda: presence.mark, what="the lock")
        owner = await asyncpg.connect(postgres.owner_url)
        await owner.execute(
            "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'"
        )
        await owner.close()
        await poll(lambda: presence.mark == 0, what="the loss")
        await poll(lambda: presence.mark == mark, what="the lock again")
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
    assert presence.mark == 0
