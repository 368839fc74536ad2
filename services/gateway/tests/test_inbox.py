"""The journal and its stand-in in memory: one suite for both, so that the stand-in is honest."""

from collections.abc import AsyncGenerator

import asyncpg
import nats as nats_py
import pytest
from nats.aio.client import Client

from chassis.database import open_pool
from chassis.decider import derived_id
from chassis.errors import Unavailable
from chassis.eventlog.codec import Codec
from chassis.eventlog.log import EventLog
from chassis.journal import Journal
from chassis.testing import Database
from contracts.catalogue import SUBJECTS
from contracts.gateway import UserUnfollowed
from services.gateway.ports import Inbox
from services.gateway.tests.cable import Cable
from services.gateway.tests.line import NOW
from services.gateway.tests.memory import MemoryInbox

STREAM, OTHER = derived_id("line", "somebody"), derived_id("line", "somebody else")
LEFT = UserUnfollowed(webhook_event_id="e1", sent_at=NOW, received_at=NOW)


@pytest.fixture
async def journal(postgres: Database, nats: str) -> AsyncGenerator[Journal]:
    codec = Codec(SUBJECTS)
    client = await nats_py.connect(nats)
    async with open_pool(postgres.service_url) as pool:
        yield _journal(pool, codec, client)
    await client.close()


def _journal(pool: asyncpg.Pool, codec: Codec, client: Client) -> Journal:
    log = EventLog(pool, codec, source="/gateway", requests={})
    return Journal(log, client, pool, subjects=SUBJECTS)


@pytest.fixture(params=["memory", "journal"])
def inbox(request: pytest.FixtureRequest) -> Inbox:
    if request.param == "memory":
        return MemoryInbox()
    real: Journal = request.getfixturevalue("journal")
    return real


async def test_the_first_input_of_a_conversation_is_new(inbox: Inbox):
    recorded = await inbox.record(STREAM, [LEFT], key="k1", ids=[derived_id("1")])
    assert recorded is not None
    assert [(each.id, each.version, each.data) for each in recorded] == [(derived_id("1"), 1, LEFT)]


async def test_a_key_counts_once_in_all_conversations(inbox: Inbox):
    await inbox.record(STREAM, [LEFT], key="k1")
    assert await inbox.record(STREAM, [LEFT], key="k1") is None
    assert await inbox.record(OTHER, [LEFT], key="k1") is None


async def test_each_conversation_has_versions_of_its_own(inbox: Inbox):
    found: list[tuple[str, int]] = []
    for number, stream in enumerate([STREAM, STREAM, OTHER, STREAM]):
        recorded = await inbox.record(stream, [LEFT], key=f"k{number}")
        found += [(each.stream, each.version) for each in recorded or ()]
    assert found == [(STREAM, 1), (STREAM, 2), (OTHER, 1), (STREAM, 3)]


async def test_the_trace_is_kept(inbox: Inbox):
    recorded = await inbox.record(STREAM, [LEFT], key="k1", traceparent="00-a-b-01")
    assert recorded is not None
    assert recorded[0].traceparent == "00-a-b-01"


async def test_the_stand_in_is_away_as_the_log_is():
    inbox = MemoryInbox()
    inbox.is_down = True
    with pytest.raises(Unavailable):
        await inbox.record(STREAM, [LEFT], key="k1")
    with pytest.raises(Unavailable):
        await inbox.belongs(STREAM, OTHER)


async def test_whose_a_conversation_is_can_be_noted_again_and_again(inbox: Inbox):
    for _ in range(3):
        await inbox.belongs(STREAM, OTHER)
    assert await _people(inbox) == {STREAM: OTHER}


async def _people(inbox: Inbox) -> dict[str, str]:
    if isinstance(inbox, MemoryInbox):
        return inbox.people
    assert isinstance(inbox, Journal)
    found = await inbox.people.conversations(STREAM)
    return dict.fromkeys(found[1:], found[0])


async def test_a_log_that_is_away_says_so(database: Cable, nats: str):
    client = await nats_py.connect(nats)
    async with open_pool(database.url) as pool:
        journal = _journal(pool, Codec(SUBJECTS), client)
        await database.cut()
        with pytest.raises(Unavailable):
            await journal.record(STREAM, [LEFT], key="k1")
        with pytest.raises(Unavailable):
            await journal.belongs(STREAM, OTHER)
    await client.close()
