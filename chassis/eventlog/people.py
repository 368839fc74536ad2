"""Whose conversations are whose: a person's direct conversation, and those in groups.

A person is named by the direct conversation's stream, a pseudonym: no user id is kept here.
"""

from collections import OrderedDict
from uuid import UUID

import asyncpg

from chassis.eventlog.outage import asking

KNOWN_STREAMS = 20_000
_NOTE = "insert into eventlog.people (stream, person) values ($1, $2) on conflict do nothing"
_OF = """
    with whose as (
        select coalesce((select person from eventlog.people where stream = $1), $1) as person
    )
    select person as stream, true as direct from whose
    union all
    select p.stream, false from eventlog.people as p join whose using (person)
    order by direct desc, stream
"""


class People:
    """Notes and finds the conversations of one person."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        """Keep them in `pool`'s database."""
        self._pool = pool
        self._noted: OrderedDict[str, None] = OrderedDict()

    async def note(self, stream: str, person: str) -> None:
        """Put on record that a conversation in a group is this person's; once is enough.

        Raises Unavailable without a database.
        """
        if stream in self._noted:
            self._noted.move_to_end(stream)
            return
        with asking("the people"):
            await self._pool.execute(_NOTE, UUID(stream), UUID(person))
        self._noted[stream] = None
        if len(self._noted) > KNOWN_STREAMS:
            self._noted.popitem(last=False)

    async def conversations(self, stream: str) -> list[str]:
        """Return all conversations of whoever this one belongs to, the direct one first."""
        with asking("the people"):
            rows = await self._pool.fetch(_OF, UUID(stream))
        return [str(row["stream"]) for row in rows]
