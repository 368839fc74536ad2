"""What an operator sees of dead letters, and may do about them: each deed is put on record."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal
from uuid import UUID, uuid4

import asyncpg
import msgspec
from nats.aio.client import Client

from chassis import clock
from chassis.bus.letters import Letter, Letters
from chassis.bus.wire import Wire, wire_of
from chassis.decider import derived_id
from chassis.eventlog.codec import Codec
from chassis.eventlog.log import REPUBLISH_AFTER, Append, EventLog, NewEvent
from chassis.eventlog.outage import asking
from contracts.catalogue import REQUESTS

State = Literal["owed", "settled", "news", "foreign"]
"""A request that still waits for somebody · one whose turn has ended, be it by an apology · what
is no request · what is not in our log."""
Deed = Literal["opened", "retried", "closed", "dropped"]
"""Closed: asked to send it again, and not sent, for its turn has ended."""
NO_LETTER = 0
DEAD_LETTERS_STREAM = derived_id("dead letters")
REQUEST_NAMES = frozenset(event.NAME for event in REQUESTS)
SECRETS = frozenset({"reply_token", "quote_token", "read_token"})
"""Of no use to a reader, and of some use to a thief."""
ERASED, REDACTED = "[erased]", "[redacted]"

_STATE = """
    select exists (select from eventlog.events where id = $1) as known,
           exists (select from eventlog.outbox where event_id = $1) as owed
"""
# Whether the user took back the message that an event is about.
_TAKEN_BACK = """
    select exists (
        select from eventlog.events as r
        where r.stream = $1 and r.type = 'conversation.message_redacted'
            and r.data->>'message_id' in (
                select e.data->>'message_id' from eventlog.events as e
                where e.stream = $1 and (e.id = any ($2)
                    or e.turn = any ($2) and e.type = 'conversation.work_started')
            )
    )
"""
_OWED_AGAIN = """
    update eventlog.outbox set next_publish_at = clock_timestamp() + $2::interval, publishes = 1
    where event_id = $1
"""
_GIVEN_UP = """
    select event_id, subject, created_at from eventlog.outbox
    where next_publish_at = 'infinity' order by created_at
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterHandled:
    """An operator opened, retried, closed or dropped a dead letter."""

    NAME: ClassVar[str] = "operator.dead_letter_handled"
    VERSION: ClassVar[int] = 1

    deed: Deed
    letter: int
    consumer: str
    subject: str
    error: str
    event_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A letter, its event as it travelled (None: no event of ours), and how it stands with it."""

    letter: Letter
    event: Wire | None
    state: State
    is_readable: bool

    @property
    def event_id(self) -> str:
        """The id of its event; empty when it has none."""
        return self.event.id if self.event else ""


@dataclass(frozen=True, slots=True)
class Lost:
    """A request that was given up and whose letter the bus has lost."""

    event_id: str
    subject: str
    created_at: datetime


class DeadLetters:
    """The dead letters and their events, for one operator."""

    def __init__(self, nats: Client, pool: asyncpg.Pool, *, by: str) -> None:
        """Put on record that `by` has done what is done."""
        self._letters = Letters(nats)
        self._pool = pool
        self._log = EventLog(pool, Codec([DeadLetterHandled]), source="/operator", requests={})
        self._by = by

    async def cases(self, consumer: str = "") -> AsyncGenerator[Case]:
        """Yield all that wait, or those of one consumer, the oldest first."""
        async for letter in self._letters.all(consumer):
            yield await self._case(letter)

    async def waiting(self) -> dict[str, int]:
        """Return how many letters of each consumer wait."""
        return await self._letters.waiting()

    async def case(self, number: int) -> Case | None:
        """Return one; None when no letter has that number."""
        letter = await self._letters.get(number)
        return await self._case(letter) if letter else None

    async def lost(self) -> list[Lost]:
        """Return what was given up and has no letter any more: nobody else would tell of it."""
        with asking("the outbox"):
            rows = await self._pool.fetch(_GIVEN_UP)
        told = {_event_id(letter) async for letter in self._letters.all()} if rows else set[str]()
        found = (Lost(str(row["event_id"]), row["subject"], row["created_at"]) for row in rows)
        return [each for each in found if each.event_id not in told]

    async def opened(self, case: Case) -> dict[str, Any] | str:
        """Return what a user said in it, or the word that says why not; put on record first."""
        await self._note("opened", case)
        event = case.event
        if event is None:
            return case.letter.body.decode(errors="backslashreplace")
        if event.personal is None:
            return {}
        if await self._was_taken_back(event):
            return REDACTED
        plain = await self._log.keyring.open(event.stream, event.id, event.personal)
        return ERASED if plain is None else _without_secrets(msgspec.json.decode(plain))

    async def retry(self, case: Case) -> bool:
        """Send its message again and remove it; False when its turn has ended: that is not sent.

        Once however often: a repetition finds the same message on the bus.
        """
        is_sent = case.state != "settled"
        if is_sent:
            await self._owe_again(case.event_id)
            await self._letters.send_again(case.letter)
        await self._note("retried" if is_sent else "closed", case)
        await self._letters.remove(case.letter.number)
        return is_sent

    async def revive(self, lost: Lost) -> None:
        """Have a request published again that has no letter any more; the sweeper does that."""
        await self._owe_again(lost.event_id)
        await self._record(
            DeadLetterHandled(
                deed="retried",
                letter=NO_LETTER,
                consumer="",
                subject=lost.subject,
                error="",
                event_id=lost.event_id,
                by=self._by,
                at=clock.now(),
            )
        )

    async def drop(self, case: Case) -> None:
        """Remove it: nobody is going to answer what it was about, if it was still owed."""
        await self._note("dropped", case, settles=[case.event_id] if case.state == "owed" else [])
        await self._letters.remove(case.letter.number)

    async def _case(self, letter: Letter) -> Case:
        event = wire_of(letter.body)
        name = _as_uuid(event.id) if event else None
        if event is None or name is None:
            return Case(letter=letter, event=event, state="foreign", is_readable=True)
        with asking("the event log"):
            row = await self._pool.fetchrow(_STATE, name)
        state = _state(event, known=bool(row and row["known"]), owed=bool(row and row["owed"]))
        return Case(
            letter=letter, event=event, state=state, is_readable=await self._is_readable(event)
        )

    async def _is_readable(self, event: Wire) -> bool:
        if event.personal is None:
            return True
        if _as_uuid(event.stream) is None:
            return False
        return await self._log.open(event.stream, event.id, event.personal) is not None

    async def _was_taken_back(self, event: Wire) -> bool:
        names = [_as_uuid(name or "") for name in (event.id, event.turn, event.cause)]
        with asking("the event log"):
            return await self._pool.fetchval(
                _TAKEN_BACK, _as_uuid(event.stream), [name for name in names if name]
            )

    async def _owe_again(self, event_id: str) -> None:
        name = _as_uuid(event_id)
        if name is not None:
            with asking("the outbox"):
                await self._pool.execute(_OWED_AGAIN, name, REPUBLISH_AFTER)

    async def _note(self, deed: Deed, case: Case, settles: list[str] | None = None) -> None:
        letter = case.letter
        handled = DeadLetterHandled(
            deed=deed,
            letter=letter.number,
            consumer=letter.consumer,
            subject=letter.subject,
            error=letter.error,
            event_id=case.event_id,
            by=self._by,
            at=clock.now(),
        )
        # A number may come again on a bus that was wiped; with its time it does not.
        key = f"dead letter:{deed}:{letter.number}:{letter.parked_at.isoformat()}"
        await self._record(handled, None if deed == "opened" else key, settles or [])

    async def _record(
        self, handled: DeadLetterHandled, key: str | None = None, settles: Sequence[str] = ()
    ) -> None:
        new = NewEvent(id=str(uuid4()), event=handled)
        await self._log.append(
            Append(stream=DEAD_LETTERS_STREAM, events=[new], key=key, settles=settles)
        )


def _event_id(letter: Letter) -> str:
    event = wire_of(letter.body)
    return event.id if event else ""


def _state(event: Wire, *, known: bool, owed: bool) -> State:
    if not known:
        return "foreign"
    if event.type not in REQUEST_NAMES:
        return "news"
    return "owed" if owed else "settled"


def _without_secrets(value: Any) -> Any:
    match value:
        case dict():
            return {k: _without_secrets(v) for k, v in value.items() if k not in SECRETS}
        case list():
            return [_without_secrets(each) for each in value]
        case _:
            return value


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
