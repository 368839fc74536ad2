"""The Taigi service (NYCU): Chinese into Taiwanese romanisation (TLPA), and that into speech."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import ClassVar

import asyncpg
import httpx

from chassis.breaker import Breaker
from chassis.errors import Unavailable
from chassis.gemini_speech import RIFF, WAVE, Sound, is_cut
from chassis.limits import PostgresBudget
from chassis.resilience import DEFAULT_BACKOFF, Backoff, Budget, Guard, TooLate, Transient
from chassis.settings import TaigiSettings
from chassis.taigi_text import pieces, read_tlpa
from chassis.telemetry import get_logger
from contracts.education import FailureReason

UPSTREAM = "taigi"
LANGUAGE = "台語"
MODEL = "nycu-taigi"
"""What events say of who made it."""
VOICE = {"gender": "女聲", "accent": "強勢腔（高雄腔）"}
READING_TIME = timedelta(seconds=30)
"""Romanising takes 20 s at most on a good day; speaking takes up to a minute."""
LONGEST_CHINESE = 300
LONGEST_TLPA = 1_500
"""Characters a call. Both travel in the address, as up to nine bytes a Chinese character."""
PASSING_STATUSES = frozenset({408, 425, 429})
OPERATORS_STATUSES = frozenset({401, 403, 404})
"""4xx about the address we were given, nothing that a user wrote."""
log = get_logger()


class TaigiFailed(Transient):
    """The service is down, over a limit, or answers something else than it should."""

    outcome: ClassVar[str] = "overloaded"


class TaigiGarbled(Transient):
    """What came is no romanisation and no WAV: a page of a proxy, nothing, half of it."""

    outcome: ClassVar[str] = "garbled"


class TaigiDisconnected(Transient):
    """The connection could not be made or broke."""

    outcome: ClassVar[str] = "connection"


class TaigiRefused(Exception):
    """The service refused our request for good."""

    outcome: ClassVar[str] = "rejected"

    def __init__(self, status: int) -> None:
        """Say by which status."""
        super().__init__(str(status))
        self.reason: FailureReason = "unavailable" if status in OPERATORS_STATUSES else "rejected"


class Taigi:
    """Asks the Taigi service; every call passes the guard of its kind."""

    def __init__(self, client: httpx.AsyncClient, reading: Guard, speaking: Guard) -> None:
        """Ask through an open client; `taigi` opens one."""
        self._client = client
        self._reading = reading
        self._speaking = speaking

    async def romanise(self, chinese: str, *, deadline: datetime | None = None) -> str:
        """Return how a Chinese text is said in Taigi; TaigiRefused or Unavailable where not."""
        parts = [
            await self._reading.call(lambda piece=piece: self._romanised(piece), deadline=deadline)
            for piece in pieces(chinese, LONGEST_CHINESE)
        ]
        return " ".join(parts)

    async def speak(self, tlpa: str, *, deadline: datetime | None = None) -> tuple[Sound, ...]:
        """Return a romanised text as WAVs in order; TaigiRefused or Unavailable where not."""
        return tuple(
            [
                await self._speaking.call(
                    lambda piece=piece: self._spoken(piece), deadline=deadline
                )
                for piece in pieces(tlpa, LONGEST_TLPA)
            ]
        )

    async def _romanised(self, chinese: str) -> str:
        answer = await self._get("/html_taigi_zh_tw_py", {"text0": chinese})
        tlpa = read_tlpa(answer.text)
        if not tlpa:
            raise TaigiGarbled("no romanisation")
        return tlpa

    async def _spoken(self, tlpa: str) -> Sound:
        answer = await self._get("/synthesize_TLPA", {"text1": tlpa, **VOICE})
        data = answer.content
        if data[:4] != RIFF or data[8:12] != WAVE or is_cut(data):
            raise TaigiGarbled("no WAV")
        return Sound("audio/wav", data)

    async def _get(self, path: str, asked: dict[str, str]) -> httpx.Response:
        try:
            answer = await self._client.get(path, params=asked)
        except httpx.TimeoutException as error:
            raise TimeoutError from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TaigiDisconnected(type(error).__name__) from None  # its text holds the address
        _check(answer.status_code)
        return answer


def _check(status: int) -> None:
    if status in PASSING_STATUSES or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise TaigiFailed(str(status))
    if status != HTTPStatus.OK:
        log.error("taigi_refused_request", status=status)
        raise TaigiRefused(status)


def failure_reason(error: TaigiRefused | Unavailable) -> FailureReason:
    """Return what an event says of a call that got no answer."""
    match error:
        case TaigiRefused():
            return error.reason
        case TooLate():
            return "late"
        case _:
            return "unavailable"


@asynccontextmanager
async def taigi(
    *,
    base_url: str,
    attempt_timeout: timedelta,
    backoff: Backoff = DEFAULT_BACKOFF,
    breaker: Breaker | None = None,
    budget: Budget | None = None,
) -> AsyncGenerator[Taigi]:
    """Open the Taigi service; nobody is called yet. Attempts wait for their turn in `budget`."""
    shared = breaker or Breaker(UPSTREAM)
    reading, speaking = (
        Guard(upstream=UPSTREAM, timeout=time, backoff=backoff, breaker=shared, budget=budget)
        for time in (min(READING_TIME, attempt_timeout), attempt_timeout)
    )
    seconds = attempt_timeout.total_seconds()  # of each step; a guard's time is over them all
    async with httpx.AsyncClient(base_url=base_url, timeout=seconds) as client:
        yield Taigi(client, reading, speaking)


@asynccontextmanager
async def configured_taigi(
    settings: TaigiSettings, pool: asyncpg.Pool
) -> AsyncGenerator[Taigi | None]:
    """Open the Taigi service that the operator named, None without one.

    Its budget is kept in `pool`'s database, for all replicas of all services.
    """
    if settings.taigi_base_url is None:
        yield None
        return
    async with taigi(
        base_url=settings.taigi_base_url,
        attempt_timeout=settings.taigi_timeout,
        budget=PostgresBudget(pool, UPSTREAM, settings.taigi_requests_per_minute),
    ) as opened:
        yield opened
