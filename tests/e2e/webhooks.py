"""LINE's side of the webhook: events, signatures, delivery and redelivery."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import uuid4

import httpx

from tests.e2e.line_ledger import Json, Ledger
from tests.e2e.moments import PATIENCE_SECONDS, elapse

SECRET = "line-channel-secret-canary"
LINE_WAITS_SECONDS = 2.0
REDELIVERY_SECONDS = 1.0
OK = 200


@dataclass(frozen=True, slots=True)
class Said:
    """A message on its way to the bot, as LINE describes it."""

    user: str
    event: Json

    @property
    def token(self) -> str:
        """Its reply token."""
        return str(self.event.get("replyToken", ""))

    @property
    def message_id(self) -> str:
        """LINE's id of the message."""
        return str(self.event["message"]["id"])


@dataclass(slots=True)
class Posted:
    """A body that was sent to a gateway, and what that said."""

    body: bytes
    at: float
    status: int | None = None


def signature(body: bytes, secret: str = SECRET) -> str:
    """Return LINE's signature of a webhook body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def webhook(events: list[Json]) -> bytes:
    """Return the body LINE would send."""
    return json.dumps({"destination": "U" + "0" * 32, "events": events}).encode()


def headers(body: bytes) -> dict[str, str]:
    """Return the headers LINE would send."""
    return {"content-type": "application/json", "x-line-signature": signature(body)}


@dataclass(slots=True)
class Platform:
    """Sends webhooks to the bot's gateways in turn, again and again until one says 200."""

    ledger: Ledger
    http: httpx.AsyncClient
    gateways: list[str] = field(default_factory=list[str])
    posted: list[Posted] = field(default_factory=list[Posted])
    _turn: int = 0
    _latest: int = 0

    def message(self, user: str, text: str, *, token: bool = True) -> Said:
        """Return a text message; each is later than the one before."""
        return self._message(user, {"type": "text", "text": text}, token=token)

    def sent(self, user: str, kind: str, **more: object) -> Said:
        """Return a message without words: a sticker, a picture, a place."""
        return self._message(user, {"type": kind, **more})

    def voice(self, user: str, *, milliseconds: int = 500, provider: str = "line") -> Said:
        """Return a voice message; its bytes are LINE's business."""
        return self.sent(user, "audio", duration=milliseconds, contentProvider={"type": provider})

    def tap(self, user: str, data: str) -> Said:
        """Return a tap on a button that carries data."""
        return self.event(user, {"type": "postback", "postback": {"data": data}})

    def _message(self, user: str, content: Json, *, token: bool = True) -> Said:
        tokens = {"markAsReadToken": uuid4().hex}
        self.ledger.readable.add(tokens["markAsReadToken"])
        if content["type"] != "audio":
            tokens["quoteToken"] = uuid4().hex
            self.ledger.quotable.add(tokens["quoteToken"])
        message = {"id": str(uuid4().int)[:18], **tokens, **content}
        return self.event(user, {"type": "message", "message": message}, token=token)

    def event(self, user: str, what: Json, *, token: bool = True) -> Said:
        """Return an event of a user in a one-to-one chat."""
        frame: Json = {
            "webhookEventId": uuid4().hex[:26].upper(),
            "timestamp": self._now(),
            "mode": "active",
            "source": {"type": "user", "userId": user},
            "deliveryContext": {"isRedelivery": False},
        }
        if token:
            frame["replyToken"] = uuid4().hex
        return Said(user, frame | what)

    async def deliver(self, *said: Said) -> list[int | None]:
        """Send events in one body until the gateway has them; return each attempt's status."""
        statuses = [await self.attempt(*said)]
        ends = time.monotonic() + PATIENCE_SECONDS
        while statuses[-1] != OK and time.monotonic() < ends:
            await elapse(REDELIVERY_SECONDS)
            statuses.append(await self.attempt(*said, again=True))
        return statuses

    async def attempt(
        self,
        *said: Said,
        again: bool = False,
        to: str = "",
        patience: float = LINE_WAITS_SECONDS,
    ) -> int | None:
        """Send events once; None when nobody answers in time."""
        for each in said:
            if each.token:
                self.ledger.issue(each.token, each.user)
        context = {"deliveryContext": {"isRedelivery": again}}
        body = webhook([each.event | context for each in said])
        return await self.post(body, headers(body), to=to, patience=patience)

    async def post(
        self,
        body: bytes,
        with_headers: Mapping[str, str],
        *,
        to: str = "",
        patience: float = LINE_WAITS_SECONDS,
    ) -> int | None:
        """Send any body to a gateway; None when nobody answers in time."""
        sending = Posted(body, time.time())
        self.posted.append(sending)
        try:
            answer = await self.http.post(
                f"{to or self._next()}/webhook",
                content=body,
                headers=dict(with_headers),
                timeout=patience,
            )
        except httpx.TransportError:
            return None
        sending.status = answer.status_code
        return sending.status

    def _next(self) -> str:
        self._turn += 1
        return self.gateways[self._turn % len(self.gateways)]

    def _now(self) -> int:
        self._latest = max(time.time_ns() // 1_000_000, self._latest + 1)
        return self._latest
