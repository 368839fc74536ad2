"""Dead letters: what was given up, why and where, kept on the stream DEAD until an operator acts.

A letter is evidence and a handle. What a user is owed stands in the log, whatever becomes of it.
"""

import asyncio
import traceback
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import RawStreamMsg
from nats.js.errors import APIError, NotFoundError

from chassis import clock, metrics
from chassis.bus.streams import BUS_DOWN
from chassis.errors import Unavailable
from contracts.subjects import DEAD_PREFIX, DEAD_STREAM

SUBJECT, ERROR, PLACE, TRIES = "Dead-Subject", "Dead-Error", "Dead-Place", "Dead-Tries"
RETRY_FOR = "Retry-For"
"""A letter that is sent again names its consumer here: the others of the subject pass it by."""
OURS = frozenset({"chassis", "contracts", "services"})
HEADER_ROOM = 4_096
"""A letter is read back in base64, as one message: what would not fit is kept without its body."""
COUNT_SECONDS = 5.0
BUS_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message that was given up; `number` names it, `parked_at` is when."""

    number: int
    consumer: str
    subject: str
    error: str
    place: str
    tries: int
    parked_at: datetime
    body: bytes


class Letters:
    """The dead letters that wait."""

    def __init__(self, nats: Client) -> None:
        """Read them from the stream DEAD."""
        self._nats = nats

    async def all(self, consumer: str = "") -> AsyncGenerator[Letter]:
        """Yield every letter, or those of one consumer, the oldest first."""
        after, subject = 0, DEAD_PREFIX + (consumer or ">")
        while (letter := await self._read(after + 1, following=subject)) is not None:
            yield letter
            after = letter.number

    async def get(self, number: int) -> Letter | None:
        """Return one letter; None when there is none of that number."""
        return await self._read(number)

    async def send_again(self, letter: Letter) -> None:
        """Publish a letter's message anew for its consumer alone, once however often it is asked.

        Raises Unavailable when JetStream does not say that it has it.
        """
        headers = {RETRY_FOR: letter.consumer, "Nats-Msg-Id": f"retry/{letter.number}"}
        js = self._nats.jetstream(timeout=BUS_SECONDS)
        try:
            await js.publish(letter.subject, letter.body, headers=headers)
        except BUS_DOWN as error:
            raise Unavailable("the bus") from error

    async def remove(self, number: int) -> None:
        """Remove a letter for good; none of that number is no mistake."""
        try:
            await self._nats.jetstream(timeout=BUS_SECONDS).delete_msg(DEAD_STREAM, number)
        except APIError as error:  # each server version has words of its own for "not there"
            if await self.get(number) is not None:
                raise Unavailable("the bus") from error
        except BUS_DOWN as error:
            raise Unavailable("the bus") from error

    async def waiting(self) -> dict[str, int]:
        """Return how many letters of each consumer wait."""
        js = self._nats.jetstream(timeout=BUS_SECONDS)
        try:
            info = await js.stream_info(DEAD_STREAM, subjects_filter=f"{DEAD_PREFIX}>")
        except BUS_DOWN as error:
            raise Unavailable("the bus") from error
        found = info.state.subjects or {}
        return {subject.removeprefix(DEAD_PREFIX): count for subject, count in found.items()}

    async def _read(self, number: int, *, following: str | None = None) -> Letter | None:
        """Return the letter of a number, or the next one whose subject is `following`."""
        js = self._nats.jetstream(timeout=BUS_SECONDS)
        is_next = following is not None
        try:
            return _letter(await js.get_msg(DEAD_STREAM, number, subject=following, next=is_next))
        except NotFoundError:
            return None
        except BUS_DOWN as error:
            raise Unavailable("the bus") from error


async def count_letters(nats: Client, *, every: float = COUNT_SECONDS) -> None:
    """Keep the gauge of waiting letters true until cancelled; look `every` so many seconds."""
    letters, known = Letters(nats), set[str]()
    while True:
        try:
            found = await letters.waiting()
        except Unavailable:
            pass  # the last count stands until the bus is back
        else:
            known |= found.keys()
            for consumer in known:
                waiting = metrics.DEAD_LETTERS_WAITING.labels(consumer=consumer)
                waiting.set(found.get(consumer, 0))
        await asyncio.sleep(every)


def headers_of(message: Msg, error: Exception, tries: int) -> dict[str, str]:
    """Return what a letter says about the failure: never a word of the message itself."""
    return {
        SUBJECT: message.subject,
        ERROR: type(error).__name__,
        PLACE: place_of(error),
        TRIES: str(tries),
    }


def place_of(error: BaseException) -> str:
    """Return the innermost line of ours that an error came through, as module:line."""
    frames = [
        (str(frame.f_globals.get("__name__", "?")), line)
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    ours = [each for each in frames if each[0].partition(".")[0] in OURS]
    module, line = (ours or frames or [("?", 0)])[-1]
    return f"{module}:{line}"


def is_for_another(message: Msg, consumer: str) -> bool:
    """Tell whether a message was sent again for one consumer of its subject, but not this one."""
    return (message.headers or {}).get(RETRY_FOR, consumer) != consumer


def _letter(raw: RawStreamMsg) -> Letter:
    told = raw.headers or {}
    tries = told.get(TRIES, "")
    return Letter(
        number=raw.seq or 0,
        consumer=(raw.subject or "").removeprefix(DEAD_PREFIX),
        subject=told.get(SUBJECT, ""),
        error=told.get(ERROR, "?"),
        place=told.get(PLACE, "?"),
        tries=int(tries) if tries.isdigit() else 0,
        parked_at=raw.time or clock.now(),
        body=raw.data or b"",
    )
