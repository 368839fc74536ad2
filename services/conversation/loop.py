"""Looking at a conversation: catch up with its stream, decide what waits, record it in one append.

Any replica may look at any conversation at any time. Whoever appends first wins; the other one
reads on and decides again. What is kept in memory is a cache of the log, never more.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

from chassis.bus.wire import understood
from chassis.decider import derived_id
from chassis.errors import Unavailable
from chassis.eventlog.log import Append, Conflict, NewEvent, Snapshot, Wake
from chassis.journal import Journal
from contracts.base import CloudEvent, Event
from contracts.conversation import DeadlinePassed
from services.conversation.domain import (
    FORMAT,
    INITIAL,
    INPUTS,
    Conversation,
    Pending,
    decide,
    decode_state,
    encode_state,
    evolve,
    is_at_rest,
    next_input,
    noted_time,
    overdue,
    turn_of,
    wake_at,
)

Decide = Callable[[Pending, Conversation], Sequence[Event]]
CACHED_CONVERSATIONS = 2_000
INPUT_NAMES = frozenset(event.NAME for event in INPUTS)
MAX_CONFLICTS = 20
"""More than so many lost races in a row are a fault: the message is tried again later."""


@dataclass(slots=True)
class _Turned:
    """A state moved forward in memory, and the facts that are to be recorded for it."""

    stream: str
    state: Conversation
    facts: list[NewEvent]
    settles: list[str]

    def add(self, fact: Event, *, name: str, pending: Pending | None = None) -> None:
        new = NewEvent(
            id=name,
            event=fact,
            cause=pending.id if pending else None,
            turn=turn_of(fact, pending) if pending else None,
            traceparent=pending.traceparent if pending else None,
        )
        self.facts.append(new)
        self.state = evolve(self.state, self._as_event(new))
        request: str = getattr(fact, "request_event", "")
        if request:
            self.settles.append(request)

    def _as_event(self, new: NewEvent) -> CloudEvent[Any]:
        return CloudEvent(
            id=new.id,
            type=new.event.NAME,
            source="/conversation",
            time=self.state.now,
            stream=self.stream,
            version=self.state.version + 1,
            data=new.event,
            cause=new.cause,
            turn=new.turn,
        )


class Conversations:
    """Decides all conversations, each in the order of its stream."""

    def __init__(
        self,
        journal: Journal,
        *,
        idle_after: timedelta,
        clock: Callable[[], datetime],
        decide: Decide = decide,
    ) -> None:
        """Expire conversations after `idle_after` without a word; `clock` tells the time."""
        self._decide = decide
        self._journal = journal
        self._idle_after = idle_after
        self._clock = clock
        self._known: OrderedDict[str, Conversation] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def hear(self, news: CloudEvent[Any]) -> None:
        """Decide what an input just recorded, and all that waits before it, brings about."""
        async with self._lock(news.stream):
            known = self._known.get(news.stream)
            if known is not None and news.version == known.version + 1:
                await self._settle(news.stream, evolve(known, news))
            elif known is None or news.version > known.version:
                await self._settle(news.stream, await self._caught_up(news.stream))

    async def look(self, stream: str) -> None:
        """Decide what waits in a stream, and what time alone has brought about."""
        async with self._lock(stream):
            state = await self._caught_up(stream)
            passed = overdue(state, self._clock(), self._idle_after)
            if passed is not None:
                state = await self._passed(stream, state, passed)
            await self._settle(stream, state)

    async def state_of(self, stream: str) -> Conversation:
        """Return the state that a stream has come to."""
        async with self._lock(stream):
            return await self._caught_up(stream)

    async def stuck_at(self, stream: str) -> Pending | None:
        """Return the input that cannot be decided, whatever the error; None when all can be."""
        async with self._lock(stream):
            turned = _Turned(stream, await self._caught_up(stream), [], [])
            while (pending := next_input(turned.state)) is not None:
                try:
                    self._turn(turned, pending)
                except Exception:  # noqa: BLE001 (any bug: its message says which)
                    return pending
            return None

    async def forget(self, stream: str | None) -> None:
        """Drop from memory what a conversation has come to, or all of them (None)."""
        # Under the lock: whoever decides at this moment would put back what is to be forgotten.
        for each in [stream] if stream else list(self._known):
            async with self._lock(each):
                self._known.pop(each, None)

    async def _settle(self, stream: str, state: Conversation) -> None:
        for _ in range(MAX_CONFLICTS):
            turned = self._decided(stream, state)
            try:
                await self._record(turned, state.version)
            except Conflict:
                self._known.pop(stream, None)
                state = await self._caught_up(stream)
            else:
                self._remember(stream, turned.state)
                return
        raise Unavailable("a stream that others write to without a pause")

    def _decided(self, stream: str, state: Conversation) -> _Turned:
        turned = _Turned(stream, state, [], [])
        noted = noted_time(state, self._clock())
        if noted is not None:
            turned.add(noted, name=derived_id(stream, str(state.version), noted.NAME))
        while (pending := next_input(turned.state)) is not None:
            self._turn(turned, pending)
        return turned

    def _turn(self, turned: _Turned, pending: Pending) -> None:
        for number, fact in enumerate(self._decide(pending, turned.state)):
            name = derived_id(pending.id, str(number), fact.NAME)
            turned.add(fact, name=name, pending=pending)

    async def _record(self, turned: _Turned, expected: int) -> None:
        if not turned.facts:
            await self._journal.log.looked_at(turned.stream, expected)
            return
        state = turned.state
        resting = is_at_rest(state)
        await self._journal.append(
            Append(
                stream=turned.stream,
                events=turned.facts,
                expected=expected,
                settles=turned.settles,
                pending=False,
                wake=Wake(at=wake_at(state, self._idle_after)),
                snapshot=_snapshot(state) if resting else None,
            )
        )

    async def _passed(
        self, stream: str, state: Conversation, deadline: DeadlinePassed
    ) -> Conversation:
        name = derived_id(stream, str(state.version), deadline.NAME)
        waiting = state.work or state.held
        turn = waiting.said.turn if waiting else None
        append = Append(
            stream=stream,
            events=[NewEvent(id=name, event=deadline, turn=turn)],
            expected=state.version,
            pending=True,
        )
        try:
            recorded = await self._journal.append(append)
        except Conflict:  # another replica saw it too, or a result came at the last moment
            self._known.pop(stream, None)
            return await self._caught_up(stream)
        for event in recorded or ():
            state = evolve(state, event)
        return state

    async def _caught_up(self, stream: str) -> Conversation:
        state = self._known.get(stream) or await self._from_snapshot(stream)
        for event in await self._journal.read(stream, after=state.version):
            state = evolve(state, _readable(event))
        return state

    async def _from_snapshot(self, stream: str) -> Conversation:
        kept = await self._journal.log.snapshot(stream, form=FORMAT)
        return decode_state(kept.state) if kept else INITIAL

    def _remember(self, stream: str, state: Conversation) -> None:
        self._known[stream] = state
        self._known.move_to_end(stream)
        if len(self._known) > CACHED_CONVERSATIONS:
            self._known.popitem(last=False)

    def _lock(self, stream: str) -> asyncio.Lock:
        return self._locks.setdefault(stream, asyncio.Lock())


def _readable(event: CloudEvent[Any]) -> CloudEvent[Any]:
    """Return an event of the stream; an input of a later build is not to be passed over."""
    return understood(event) if event.type in INPUT_NAMES else event


def _snapshot(state: Conversation) -> Snapshot:
    return Snapshot(version=state.version, format=FORMAT, state=encode_state(state))
