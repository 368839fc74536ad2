"""When a conversation cannot be decided: what holds it up is given up, so that the rest goes on."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from chassis.bus.wire import stream_of
from chassis.decider import derived_id
from chassis.journal import Journal
from contracts.conversation import MessageParked
from services.conversation.loop import Conversations


class Stuck:
    """Gives up inputs that no replica could decide."""

    def __init__(
        self, journal: Journal, conversations: Conversations, *, clock: Callable[[], datetime]
    ) -> None:
        """Put what is given up on record in `journal`."""
        self._journal = journal
        self._conversations = conversations
        self._clock = clock

    async def last_word(self, body: bytes) -> None:
        """Give up what holds up the conversation of a message that was given up."""
        try:
            stream = stream_of(body)
        except msgspec.MsgspecError:
            return  # no event of ours
        await self.give_up(stream)

    async def give_up(self, stream: str) -> None:
        """Put on record that the input which holds up a conversation is given up, if one does.

        It need not be that of the message: whatever comes after a poisoned one fails with it.
        """
        stuck = await self._conversations.stuck_at(stream)
        if stuck is None:
            return
        await self._journal.record(
            stream,
            [MessageParked(event_id=stuck.id, parked_at=self._clock())],
            key=f"parked:{stuck.id}",
            ids=[derived_id(stuck.id, "parked")],
            turn=stuck.turn,
            traceparent=stuck.traceparent,
        )
