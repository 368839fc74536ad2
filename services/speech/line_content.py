"""Voice messages out of LINE's data API.

Over aiohttp, not line-bot-sdk: the SDK reads a body of any size into memory, writes it into the
debug log, answers None for "still being prepared", and takes 4 s and 70 MB to import, for two
GETs.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import ClassVar
from urllib.parse import quote

import aiohttp
import orjson

from chassis.breaker import Breaker
from chassis.errors import Unavailable
from chassis.outgoing import outgoing_session
from chassis.resilience import DEFAULT_BACKOFF, Backoff, Guard, TooLate, Transient
from chassis.shapes import as_object, as_text
from chassis.telemetry import get_logger
from services.speech.kinds import kind_of
from services.speech.ports import NoResult, Recording

UPSTREAM = "line_content"
ATTEMPT_TIME = timedelta(seconds=15)
MOST_BYTES = 10 * 1024 * 1024
"""Five minutes as LINE records them are 5 MB; a part of a question to Gemini may have 20 MB."""
POLL_SECONDS = 0.5
PASSING_STATUSES = frozenset({408, 425, 429})
OPERATORS_STATUSES = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
GONE_STATUSES = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
log = get_logger()


class LineFailed(Transient):
    """LINE is down, over a limit, or answers something else than it documents."""

    outcome: ClassVar[str] = "overloaded"


class LineDisconnected(Transient):
    """The connection could not be made or broke."""

    outcome: ClassVar[str] = "connection"


class LineRecordings:
    """LINE's content API, as Recordings."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        guard: Guard,
        *,
        base_url: str,
        token: str,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        """Fetch through an open session; `line_recordings` opens one."""
        self._session = session
        self._guard = guard
        self._base_url = base_url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._poll_seconds = poll_seconds

    async def fetch(self, message_id: str, deadline: datetime) -> Recording:
        """Return a voice message once LINE has prepared it, or raise NoResult."""
        path = f"{self._base_url}/v2/bot/message/{quote(message_id, safe='')}/content"
        try:
            return await self._fetched(path, deadline)
        except TooLate as error:
            raise NoResult("late") from error
        except Unavailable as error:
            raise NoResult("unavailable") from error

    async def _fetched(self, path: str, deadline: datetime) -> Recording:
        while True:
            found = await self._guard.call(lambda: self._content(path), deadline=deadline)
            if found is not None:
                return found
            await self._prepared(path, deadline)

    async def _prepared(self, path: str, deadline: datetime) -> None:
        """Wait until LINE has prepared the content."""
        status = "processing"
        while status == "processing":
            await asyncio.sleep(self._poll_seconds)
            status = await self._guard.call(lambda: self._status(path), deadline=deadline)
        if status == "failed":
            raise NoResult("rejected")

    async def _content(self, path: str) -> Recording | None:
        """Return the content; None while it is being prepared."""
        try:
            async with self._session.get(
                path, headers=self._headers, allow_redirects=False
            ) as answer:
                _check(answer.status)
                if answer.status == HTTPStatus.ACCEPTED:
                    return None
                data = await _read(answer)
                return Recording(kind_of(data, answer.content_type), data)
        except TimeoutError:
            raise
        except (aiohttp.ClientError, OSError) as error:
            raise LineDisconnected(type(error).__name__) from None

    async def _status(self, path: str) -> str:
        try:
            async with self._session.get(
                f"{path}/transcoding", headers=self._headers, allow_redirects=False
            ) as answer:
                _check(answer.status)
                return as_text(as_object(orjson.loads(await answer.read())).get("status"))
        except orjson.JSONDecodeError:
            raise LineFailed("no JSON") from None
        except TimeoutError:
            raise
        except (aiohttp.ClientError, OSError) as error:
            raise LineDisconnected(type(error).__name__) from None


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    """Return a body, or raise as soon as it is too large."""
    if answer.content_type == "text/html":
        raise LineFailed("a page of a proxy")
    if (answer.content_length or 0) > MOST_BYTES:
        raise NoResult("too_large")
    data = bytearray()
    async for piece in answer.content.iter_any():
        data += piece
        if len(data) > MOST_BYTES:
            raise NoResult("too_large")
    if not data:
        raise NoResult("empty")
    return bytes(data)


def _check(status: int) -> None:
    """Raise what a status means, unless it is a success."""
    if status in GONE_STATUSES:
        raise NoResult("gone")
    if status in OPERATORS_STATUSES:
        log.error("line_refused_content", status=status)
        raise NoResult("unavailable")
    if status in PASSING_STATUSES or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise LineFailed(str(status))
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        log.error("line_refused_content", status=status)
        raise NoResult("rejected")


@asynccontextmanager
async def line_recordings(
    *,
    base_url: str,
    token: str,
    attempt_timeout: timedelta = ATTEMPT_TIME,
    backoff: Backoff = DEFAULT_BACKOFF,
    breaker: Breaker | None = None,
    poll_seconds: float = POLL_SECONDS,
) -> AsyncGenerator[LineRecordings]:
    """Open LINE's data API; nobody is called yet."""
    guard = Guard(upstream=UPSTREAM, timeout=attempt_timeout, backoff=backoff, breaker=breaker)
    async with outgoing_session() as session:
        yield LineRecordings(
            session, guard, base_url=base_url, token=token, poll_seconds=poll_seconds
        )
