"""Handing out: everything that is kept of a user, as one object that only their key opens."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import msgspec

from chassis.decider import derived_id
from chassis.journal import Journal
from chassis.objects.sealed import SealedObjects
from contracts.base import CloudEvent
from contracts.conversation import DataExported, DataRequested
from services.conversation.personal_data.document import Chronicle, document

PAGE = 200
"""Events read at once: some 10 ms of decrypting, then others have their turn."""
CONTENT_TYPE = "application/json"


class Exporting:
    """Makes exports."""

    def __init__(
        self, journal: Journal, objects: SealedObjects, *, clock: Callable[[], datetime]
    ) -> None:
        """Read from the log of `journal` and keep exports in `objects`."""
        self._journal = journal
        self._objects = objects
        self._clock = clock

    async def export(self, asked: CloudEvent[DataRequested]) -> None:
        """Make the export that was asked for and put on record where it is.

        A repetition replaces the same object. Raises Unavailable when it is to be tried again.
        """
        key = object_key(asked)
        data = await self._everything_of(asked.stream)
        if not await self._objects.put(asked, key, data, content_type=CONTENT_TYPE):
            return  # erased meanwhile, by another replica: so is the request
        made = DataExported(request_id=asked.data.request_id, made_at=self._clock(), object_key=key)
        await self._journal.answer(asked, made)

    async def _everything_of(self, stream: str) -> bytes:
        streams = await self._journal.people.conversations(stream)
        chronicles = [await self._chronicle(each) for each in streams]
        whole = document(chronicles, self._clock())
        # A long life makes megabytes.
        return await asyncio.to_thread(msgspec.json.encode, whole)

    async def _chronicle(self, stream: str) -> Chronicle:
        chronicle, after = Chronicle(stream), 0
        while events := await self._journal.log.read(stream, after=after, limit=PAGE):
            for event in events:
                chronicle.add(event)
            after = events[-1].version
        return chronicle


def object_key(asked: CloudEvent[DataRequested]) -> str:
    """Return where the export of a request lies."""
    return f"export/{asked.stream}/{derived_id(asked.id, 'export')}.json"
