"""The auditor: reads the log with the services' own rights and says what is not as it should be."""

import asyncpg

from chassis.database import open_pool
from chassis.eventlog.codec import Codec, Unread, all_events
from chassis.eventlog.log import EventLog
from contracts.catalogue import SUBJECTS
from services.conversation.domain import FACTS, FORMAT, INITIAL, decode_state, evolve

_GAPS = """
    select s.stream::text from eventlog.streams as s
    left join eventlog.events as e using (stream)
    group by s.stream, s.version
    having count(e.version) <> s.version or min(e.version) <> 1 or max(e.version) <> s.version
"""
_CONVERSATIONS = """
    select distinct stream::text from eventlog.events
    where type like 'conversation.%' order by stream::text
"""


async def gaps(database_url: str) -> list[str]:
    """Return the streams whose versions are not 1..n."""
    connection = await asyncpg.connect(database_url)
    try:
        return [str(row[0]) for row in await connection.fetch(_GAPS)]
    finally:
        await connection.close()


async def misfolded(database_url: str) -> tuple[int, list[str]]:
    """Fold every conversation; return how many there are, and those whose snapshot differs."""
    async with open_pool(database_url) as pool:
        codec = Codec(all_events(SUBJECTS, FACTS))
        log = EventLog(pool, codec, source="/audit", requests={})
        streams = [str(row[0]) for row in await pool.fetch(_CONVERSATIONS)]
        return len(streams), [each for each in streams if not await _folds(log, each)]


async def _folds(log: EventLog, stream: str) -> bool:
    """Tell whether the snapshot is the whole log folded; at rest it is of the last version."""
    state = INITIAL
    for event in await log.read(stream):
        assert not isinstance(event.data, Unread), event.type
        state = evolve(state, event)
    kept = await log.snapshot(stream, form=FORMAT)
    return kept is not None and kept.version == state.version and decode_state(kept.state) == state


async def recorded(database_url: str, pattern: str = "gateway.%") -> int:
    """Return how many events of a kind stand in the log."""
    connection = await asyncpg.connect(database_url)
    try:
        find = "select count(*) from eventlog.events where type like $1"
        return int(await connection.fetchval(find, pattern) or 0)
    finally:
        await connection.close()
