"""`POST /webhook`: who may come in, how much they may bring, and what they are told."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.types import Receive, Scope, Send

from chassis import metrics
from chassis.clock import now
from chassis.errors import Unavailable
from chassis.telemetry import new_traceparent, span
from services.gateway.body import BodyRefused, TooManyEvents, raw_events
from services.gateway.intake import Intake
from services.gateway.pace import Pace
from services.gateway.signature import is_signed
from services.gateway.webhook import Heard, hear

MAX_BODY_BYTES = 1024 * 1024
BODY_TIME = timedelta(seconds=2)
"""LINE itself gives up after 2 s, so whoever is slower is not LINE."""
MAX_REQUESTS = 256
MAX_READING_BYTES = 32 * MAX_BODY_BYTES
"""Of all bodies being read at once, by what their headers say."""
COME_AGAIN = ((b"retry-after", b"1"),)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a webhook request gets: a status, and the metric's word for it."""

    status: int
    outcome: str
    headers: tuple[tuple[bytes, bytes], ...] = ()


ACCEPTED = Verdict(200, "accepted")
BROKEN = Verdict(400, "broken")
UNSIGNED = Verdict(401, "unsigned")
FORGED = Verdict(401, "forged")
WRONG_METHOD = Verdict(405, "wrong_method", ((b"allow", b"POST"),))
SLOW = Verdict(408, "slow")
TOO_LARGE = Verdict(413, "too_large")
WRONG_TYPE = Verdict(415, "wrong_type")
UNAVAILABLE = Verdict(503, "unavailable", COME_AGAIN)
FULL = Verdict(503, "full", COME_AGAIN)
BEHIND = Verdict(503, "behind", COME_AGAIN)


class Turned(Exception):
    """A request that is turned away before it is understood."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.outcome)
        self.verdict = verdict


class Door:
    """The ASGI application behind `/webhook`."""

    def __init__(
        self,
        secret: bytes,
        intake: Intake,
        pace: Pace | None = None,
        *,
        room: int = MAX_REQUESTS,
        patience: timedelta = BODY_TIME,
    ) -> None:
        """Let in what `secret` signed: `room` requests at a time, each sent within `patience`."""
        self._pace = pace or Pace()
        self._bytes = MAX_READING_BYTES
        self._secret = secret
        self._intake = intake
        self._room = room
        self._patience = patience.total_seconds()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        verdict = await self._received(scope, receive)
        metrics.WEBHOOKS.labels(outcome=verdict.outcome).inc()
        await _answer(send, verdict)

    async def _received(self, scope: Scope, receive: Receive) -> Verdict:
        if self._room <= 0:
            return FULL
        if not self._pace.is_open:
            return BEHIND
        self._room -= 1
        try:
            return await self._judged(scope, receive)
        except Turned as turned:
            return turned.verdict
        finally:
            self._room += 1

    async def _judged(self, scope: Scope, receive: Receive) -> Verdict:
        headers: dict[bytes, bytes] = {name.lower(): value for name, value in scope["headers"]}
        body = await self._body(receive, _look_at(scope["method"], headers))
        if not is_signed(self._secret, body, headers[b"x-line-signature"]):
            return FORGED
        incoming = headers.get(b"traceparent", b"").decode("latin-1")
        with span("POST /webhook", incoming or None):
            return await self._recorded(body)

    async def _body(self, receive: Receive, length: int) -> bytes:
        if length > self._bytes:
            raise Turned(FULL)
        self._bytes -= length
        try:
            return await _read(receive, self._patience)
        finally:
            self._bytes += length

    async def _recorded(self, body: bytes) -> Verdict:
        heard = _heard(body, now())
        if not heard:
            return ACCEPTED
        self._pace.take(len(heard))
        try:
            await self._intake.take(heard, new_traceparent())
        except Unavailable:
            return UNAVAILABLE
        return ACCEPTED


def _look_at(method: str, headers: dict[bytes, bytes]) -> int:
    """Return how long the body is at most; turn away what can be told from the headers alone."""
    if method != "POST":
        raise Turned(WRONG_METHOD)
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind != b"application/json":
        raise Turned(WRONG_TYPE)
    if b"x-line-signature" not in headers:
        raise Turned(UNSIGNED)
    length = headers.get(b"content-length", str(MAX_BODY_BYTES).encode())
    if not length.isdigit():
        raise Turned(BROKEN)
    if len(length) > len(str(MAX_BODY_BYTES)) or int(length) > MAX_BODY_BYTES:
        raise Turned(TOO_LARGE)
    return int(length)


async def _read(receive: Receive, seconds: float) -> bytes:
    try:
        async with asyncio.timeout(seconds):
            return await _collected(receive)
    except TimeoutError:
        raise Turned(SLOW) from None


async def _collected(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Turned(BROKEN)
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            raise Turned(TOO_LARGE)
        if not message.get("more_body", False):
            return bytes(body)


def _heard(body: bytes, received_at: datetime) -> list[Heard]:
    try:
        found = [hear(raw, received_at) for raw in raw_events(body)]
    except BodyRefused:
        raise Turned(BROKEN) from None
    except TooManyEvents:
        raise Turned(TOO_LARGE) from None
    heard = [each for each in found if each is not None]
    if ignored := len(found) - len(heard):
        metrics.WEBHOOK_EVENTS.labels(outcome="ignored").inc(ignored)
    return heard


async def _answer(send: Send, verdict: Verdict) -> None:
    words = verdict.outcome.encode()
    headers = [
        (b"content-type", b"text/plain"),
        (b"content-length", str(len(words)).encode()),
        *verdict.headers,
    ]
    await send({"type": "http.response.start", "status": verdict.status, "headers": headers})
    await send({"type": "http.response.body", "body": words})
