"""Destroying: the objects of a user, then the keys of all their conversations.

Each step may be repeated, and the one that asked is the last to be destroyed: until then its
request stands in the outbox, so that a crash anywhere in between is made up for.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from chassis.decider import derived_id
from chassis.errors import Unavailable
from chassis.eventlog.erasure import Erasure
from chassis.eventlog.log import Conflict, NewEvent
from chassis.eventlog.outage import asking
from chassis.journal import Journal
from chassis.objects.sealed import SealedObjects
from contracts.base import CloudEvent
from contracts.conversation import DataErased, DataRequested
from services.conversation.domain import Conversation, open_turns
from services.conversation.loop import MAX_CONFLICTS, Conversations
from services.conversation.personal_data.owed import addressee

OBJECT_KINDS = ("tts_audio", "voicemail", "text", "export")
"""The first parts of the keys under which objects of a conversation lie."""

# A dead letter is published at infinity: nobody works on it, and it would hold us up for good.
_AT_WORK = """
    select exists (
        select from eventlog.outbox
        where stream = any($1) and event_id <> $2 and next_publish_at < 'infinity'
    )
"""


class Erasing:
    """Destroys what is kept of users."""

    def __init__(
        self,
        journal: Journal,
        conversations: Conversations,
        objects: SealedObjects,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        """Write to `journal`, fold with `conversations`, remove from `objects`."""
        self._journal = journal
        self._conversations = conversations
        self._objects = objects
        self._clock = clock

    async def erase(self, asked: CloudEvent[DataRequested]) -> None:
        """Destroy all that is kept of whoever asked; do nothing if they no longer want it.

        Raises Unavailable while somebody still works for the user, or something is away.
        """
        streams = await self._journal.people.conversations(asked.stream)
        if not _wants(await self._conversations.state_of(asked.stream), asked):
            await self._tell(streams)
            return
        await self._refuse_at_work(streams, asked)
        await self._remove_objects(streams)
        for stream in streams:
            if stream != asked.stream:
                await self._destroy(stream, asked)
        await self._destroy(asked.stream, asked)

    async def _destroy(self, stream: str, asked: CloudEvent[DataRequested]) -> None:
        for _ in range(MAX_CONFLICTS):
            state = await self._conversations.state_of(stream)
            if stream == asked.stream and not _wants(state, asked):
                return
            # After the state: whatever else is asked for from here on makes it a conflict.
            await self._refuse_at_work([stream], asked)
            try:
                await self._journal.erase(self._erasure(stream, state, asked))
            except Conflict:
                continue
            return
        raise Unavailable("a stream that others write to without a pause")

    def _erasure(
        self, stream: str, state: Conversation, asked: CloudEvent[DataRequested]
    ) -> Erasure:
        erased = DataErased(
            request_id=asked.data.request_id,
            erased_at=self._clock(),
            recipient=addressee(state),
            turns=open_turns(state),
        )
        if stream == asked.stream:
            name, key = derived_id(asked.id, "result"), f"result:{asked.id}"
            new = NewEvent(id=name, event=erased, cause=asked.id, turn=asked.turn)
        else:
            name, key = derived_id(asked.id, "erased", stream), f"erased:{asked.id}:{stream}"
            new = NewEvent(id=name, event=erased)
        return Erasure(stream=stream, event=new, expected=state.version, key=key)

    async def _remove_objects(self, streams: Sequence[str]) -> None:
        for stream in streams:
            for kind in OBJECT_KINDS:
                if keys := await self._objects.list_keys(f"{kind}/{stream}/"):
                    await self._objects.delete(*keys)

    async def _refuse_at_work(
        self, streams: Sequence[str], asked: CloudEvent[DataRequested]
    ) -> None:
        names = [UUID(stream) for stream in streams]
        with asking("the outbox"):
            busy = await self._journal.pool.fetchval(_AT_WORK, names, UUID(asked.id))
        if busy:
            raise Unavailable("who still works for this user")

    async def _tell(self, streams: Sequence[str]) -> None:
        """Say once more that the keys are gone: whoever destroyed them may not have got so far."""
        for stream in streams:
            await self._journal.forget(stream)


def _wants(state: Conversation, asked: CloudEvent[DataRequested]) -> bool:
    return state.work is not None and state.work.request_id == asked.data.request_id
