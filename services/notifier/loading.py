"""The loading animation: shown while an answer is made, and never after it.

No WorkShown is recorded: nothing decides by it, and it would cost an append for every slow
turn. `bot_loading_total` counts what was shown.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chassis import clock, metrics
from chassis.errors import Unavailable
from contracts.base import CloudEvent
from contracts.conversation import ReplyRequested, WorkStarted
from services.notifier.delivery import Accepted
from services.notifier.ports import Ledger, Messenger

FIRST_SECONDS = 0.1
"""A quicker answer needs no animation: it would only flash."""
SHOWN_SECONDS = 20
"""What LINE is asked for: a multiple of 5, at most 60. Short, so that little is left of it
should it ever outlive its answer."""
RENEW_SECONDS = 17.0
ONCE = timedelta(seconds=5)
"""Shorter than a renewal."""


@dataclass(slots=True)
class _Showing:
    turn_id: str
    user: str
    until: datetime
    calling: asyncio.Lock = field(default_factory=asyncio.Lock)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class Loading:
    """Who is being shown that somebody works, in this process.

    Another replica may deliver the answer: each call asks the ledger first whether anybody has
    set out to. Between that question and LINE's ear remain milliseconds; what may then be left
    on the screen ends by itself within SHOWN_SECONDS.
    """

    def __init__(
        self,
        messenger: Messenger,
        ledger: Ledger,
        *,
        now: Callable[[], datetime] = clock.now,
        first_seconds: float = FIRST_SECONDS,
        renew_seconds: float = RENEW_SECONDS,
    ) -> None:
        """Show nobody anything yet."""
        self._messenger = messenger
        self._ledger = ledger
        self._now = now
        self._first = first_seconds
        self._renew = renew_seconds
        self._showings: dict[str, _Showing] = {}

    @property
    def is_idle(self) -> bool:
        """Whether nobody is being shown anything."""
        return not self._showings

    def begin(self, started: CloudEvent[WorkStarted]) -> None:
        """Show from a moment later on, until the answer comes or its time is over."""
        work = started.data
        if work.recipient.group is not None or not work.recipient.user:
            return
        if self._now() >= work.answer_by:
            return
        shown = self._showings.get(started.stream)
        if shown is not None and shown.turn_id == work.turn_id:
            return  # the bus brought it twice
        showing = _Showing(work.turn_id, work.recipient.user, work.answer_by)
        self._start(started.stream, showing, after=self._first)

    @asynccontextmanager
    async def hushed(self, asked: CloudEvent[ReplyRequested]) -> AsyncGenerator[None]:
        """Keep the animation of a conversation still while a message goes out to it.

        A call under way is waited for, as LINE would show it after the message. The turn's own
        animation ends for good with its answer. Any other message ends it only at LINE: it is
        shown again right after.
        """
        showing = self._showings.get(asked.stream)
        if showing is None:
            yield
        else:
            async with showing.calling:
                if asked.data.final and showing.turn_id == asked.data.turn_id:
                    # The lock is ours: the task sleeps or waits, it is not in a call.
                    self._drop(asked.stream)
                yield
                showing.ended.set()
        if not asked.data.final:
            self._show_on(asked)

    def _show_on(self, asked: CloudEvent[ReplyRequested]) -> None:
        """Show once more a work that another replica heard the start of, and renews later."""
        to = asked.data.recipient
        if asked.stream in self._showings or to.group is not None or not to.user:
            return
        showing = _Showing(asked.data.turn_id, to.user, self._now() + ONCE)
        self._start(asked.stream, showing, after=0.0)

    async def close(self) -> None:
        """End all animations' tasks and wait for them."""
        tasks = [each.task for each in self._showings.values() if each.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _drop(self, stream: str) -> None:
        showing = self._showings.pop(stream, None)
        if showing is not None and showing.task is not None:
            showing.task.cancel()

    def _start(self, stream: str, showing: _Showing, *, after: float) -> None:
        self._drop(stream)
        self._showings[stream] = showing
        showing.task = asyncio.create_task(
            self._show(stream, showing, after), name="loading animation"
        )

    async def _show(self, stream: str, showing: _Showing, after: float) -> None:
        try:
            await asyncio.sleep(after)
            while self._now() < showing.until:
                async with showing.calling:
                    showing.ended.clear()
                    if not await self._shown(showing):
                        return
                with suppress(TimeoutError):
                    await asyncio.wait_for(showing.ended.wait(), self._renew)
        finally:
            if self._showings.get(stream) is showing:
                del self._showings[stream]

    async def _shown(self, showing: _Showing) -> bool:
        """Show it once, unless somebody answers already; failures are only counted."""
        try:
            if await self._ledger.is_being_answered(showing.turn_id):
                return False
        except Unavailable:
            return True  # without the ledger nobody knows: better no animation than a late one
        heard = await self._messenger.show_loading(showing.user, seconds=SHOWN_SECONDS)
        outcome = "shown" if isinstance(heard, Accepted) else "failed"
        metrics.LOADING.labels(outcome=outcome).inc()
        return True
