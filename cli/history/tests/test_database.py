"""The record as the checker reads it, on a real Postgres; the read models made anew beside it."""

import asyncpg
import pytest

from chassis.database import open_pool
from chassis.eventlog.erasure import erase
from chassis.testing import Database
from chassis.tests.logged import WORDS, a_stream, asked, erasure, event_log, heard, put
from cli.history.database import recorded
from cli.history.rebuilding import rebuilt
from cli.history.records import Differing
from services.conversation.projections.catalogue import PROJECTIONS
from services.conversation.projections.runner import Projector


async def caught_up(pool: asyncpg.Pool) -> None:
    """Bring all read models up to date."""
    for projection in PROJECTIONS.values():
        await Projector(pool).catch_up(projection)


async def test_the_log_is_read_whole_in_order_and_in_the_clear(postgres: Database):
    one, other = sorted((a_stream(), a_stream()))
    async with open_pool(postgres.service_url) as pool:
        log = event_log(pool)
        await put(log, other, heard("of another"), pending=True)
        said = await put(log, one, heard(), asked())
        found = await recorded(pool, dead_letters=0)
    assert [(e.stream, e.version) for e in found.events] == [(one, 1), (one, 2), (other, 1)]
    assert all(event.opened is not None for event in found.events)
    assert WORDS in str(found.events[0].opened)
    assert WORDS not in found.events[0].data
    assert found.rest.outbox == (said[1].id,)
    assert found.rest.pending == (other,)
    assert found.rest.heads == {one: 2, other: 1}


async def test_what_was_erased_does_not_open(postgres: Database):
    stream = a_stream()
    async with open_pool(postgres.service_url) as pool:
        log = event_log(pool)
        await put(log, stream, heard())
        await erase(log, erasure(stream, 1))
        before, after = (await recorded(pool)).events
    assert before.personal is not None
    assert before.opened is None
    assert after.opened is not None


async def test_read_models_that_follow_from_the_log_do_not_differ(postgres: Database):
    async with open_pool(postgres.service_url) as pool:
        await put(event_log(pool), a_stream(), heard())
        await caught_up(pool)
        await put(event_log(pool), a_stream(), heard())  # not read yet: nothing is missing
        found = await rebuilt(pool)
        assert (found.rows, found.differing) == (1, ())
        assert await rebuilt(pool) == found


@pytest.mark.parametrize(
    ("change", "how"),
    [
        ("update readmodels.chat_logs set kind = '', outcome = ''", "differs in kind, outcome"),
        ("delete from readmodels.chat_logs", "is missing"),
    ],
)
async def test_a_changed_read_model_is_found(postgres: Database, change: str, how: str):
    stream = a_stream()
    async with open_pool(postgres.service_url) as pool:
        (said,) = await put(event_log(pool), stream, heard())
        await caught_up(pool)
        await pool.execute(change)
        (row,) = (await rebuilt(pool)).differing
    assert row == Differing(table="readmodels.chat_logs", row=said.id, how=how, stream=stream)
