"""What becomes of a message that was given up, besides its dead letter.

Whoever waits for it must not wait until a deadline: a request gets its failure as a result at
once, and a service may say what else is to be done in place of one of its handlers.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec
from nats.aio.msg import Msg

from chassis import clock
from chassis.alerts import Alerts
from chassis.bus.consumer import Park
from chassis.bus.wire import id_of
from chassis.journal import Journal
from contracts.catalogue import REQUESTS
from contracts.conversation import MessageParked, ReplyRequested

LastWord = Callable[[bytes], Awaitable[None]]
"""Given a message's body: does what can still be done for whoever waits for it."""
WORK = frozenset(event.NAME for event in REQUESTS - {ReplyRequested})
"""Requests that a conversation waits for: it is told by an input, and apologises."""


class Parking:
    """Parks what the consumers of one service give up."""

    def __init__(
        self,
        journal: Journal,
        alerts: Alerts,
        *,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        """Put failures on record in `journal`, and raise `alerts`."""
        self._journal = journal
        self._alerts = alerts
        self._now = now
        self._last_words: dict[str, LastWord] = {}

    def instead(self, consumer: str, last_word: LastWord) -> None:
        """Let `last_word` be done about what a consumer gives up."""
        self._last_words[consumer] = last_word

    def of(self, consumer: str) -> Park:
        """Return how one consumer parks a message."""

        async def park(message: Msg) -> None:
            await self.park(consumer, message.data)

        return park

    async def park(self, consumer: str, body: bytes) -> None:
        """Stop publishing what was given up, and tell whoever waits for it.

        Raises Unavailable when that has to be tried again.
        """
        await self._alerts.given_up(consumer)
        try:
            event_id = id_of(body)
            await self._journal.park(event_id)
        except (msgspec.MsgspecError, ValueError):
            return  # no event of ours: nobody waits for it
        if last_word := self._last_words.get(consumer):
            await last_word(body)
        else:
            await self._fail(event_id)

    async def _fail(self, event_id: str) -> None:
        # The log is asked, not the message: that may be what is wrong.
        asked = await self._journal.read_event(event_id)
        if asked is not None and asked.type in WORK:
            parked = MessageParked(event_id=event_id, parked_at=self._now())
            await self._journal.answer(asked, parked)
