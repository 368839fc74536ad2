"""The handles for tests, demonstrations and the page: send, look, break, reset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import Response
from starlette.routing import Route

from sandbox.courier import TooManyWebhooks
from sandbox.events import message_id_of
from sandbox.faults import FaultRefused
from sandbox.identifiers import user_id_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.courier import Courier
    from sandbox.faults import Switchboard
    from sandbox.gemini_api import ModelCalls
    from sandbox.ledger import Ledger
    from sandbox.media import Media
    from sandbox.profiles import Profiles
    from sandbox.shapes import JsonObject
    from sandbox.world import Webhook

_LONGEST_POLL_SECONDS = 25
_LONGEST_ANSWER_SECONDS = 120.0


class Sending(BaseModel):
    """What a user of the sandbox says."""

    model_config = ConfigDict(extra="forbid")

    user: str = Field(min_length=1, max_length=100)
    text: str = ""
    event: dict[str, object] = Field(default_factory=dict)
    # What the user's own phone shows of it, where the event does not tell.
    shown: str | None = Field(default=None, max_length=300)
    # So many messages, each an event of its own.
    count: int = Field(default=1, ge=1, le=1000)
    # So many deliveries of the same event, as LINE's redelivery may do.
    deliveries: int = Field(default=1, ge=1, le=10)


class Breaking(BaseModel):
    """A fault to switch on."""

    model_config = ConfigDict(extra="forbid")

    upstream: str
    mode: str
    count: int | None = Field(default=None, ge=0)


class Slowing(BaseModel):
    """How long model calls take from now on."""

    model_config = ConfigDict(extra="forbid")

    gemini_seconds: float = Field(ge=0, le=600)


class Chatting(BaseModel):
    """One message, to be answered in the same request."""

    text: str = Field(min_length=1)
    user: str = Field(default="chat", min_length=1, max_length=100)
    seconds: float = Field(default=60, gt=0, le=_LONGEST_ANSWER_SECONDS)


@dataclass(frozen=True, slots=True)
class Control:
    """The routes under /sandbox, and POST /chat."""

    ledger: Ledger
    courier: Courier
    faults: Switchboard
    calls: ModelCalls
    media: Media
    profiles: Profiles

    def routes(self) -> list[Route]:
        """Return the paths."""
        return [
            Route("/sandbox/ledger", self._ledger, methods=["GET"]),
            Route("/sandbox/send", self._send, methods=["POST"]),
            Route("/sandbox/chats/{user}", self._chat, methods=["GET"]),
            Route("/sandbox/faults", self._show_faults, methods=["GET"]),
            Route("/sandbox/faults", self._break, methods=["POST"]),
            Route("/sandbox/latency", self._slow, methods=["POST"]),
            Route("/sandbox/model-calls", self._model_calls, methods=["GET"]),
            Route("/sandbox/reset", self._reset, methods=["POST"]),
            Route("/chat", self._answer, methods=["POST"]),
        ]

    async def _ledger(self, request: Request) -> Response:
        after, user = _number(request, "after"), request.query_params.get("user")
        world = self.ledger.world
        rows = [
            row
            for row in world.rows
            if row["seq"] > after and (user is None or row.get("user") == user)
        ]
        webhooks = [
            _webhook(webhook)
            for webhook in world.webhooks.values()
            if webhook.number > after and (user is None or webhook.user == user)
        ]
        return _json({"rows": rows, "webhooks": webhooks, "seq": world.sequence})

    async def _send(self, request: Request) -> Response:
        try:
            wish = Sending.model_validate_json(await request.body())
            sent = [
                await self.courier.send(
                    wish.user, wish.text, wish.event, wish.deliveries, shown=wish.shown
                )
                for _ in range(wish.count)
            ]
        except ValidationError as fault:
            return _refused(fault)
        except TooManyWebhooks:
            return _json({"error": "too many webhooks are under way"}, 429)
        if wish.event.get("type") == "unsend":
            self.media.unsend(message_id_of(wish.event))
        return _json({**sent[0], "sent": sent})

    async def _chat(self, request: Request) -> Response:
        chat = user_id_of(str(request.path_params["user"]))
        after, wait = _number(request, "after"), _number(request, "wait")
        await self.ledger.news(chat, after, min(wait, _LONGEST_POLL_SECONDS))
        known = self.ledger.world.chat(chat)
        return _json(
            {
                "revision": known.revision,
                "entries": [entry for entry in known.entries if entry["revision"] > after],
                "loading_seconds": max(0.0, known.loading_until - self.ledger.clock()),
                "read_revision": known.read_revision,
                "blocked": known.blocked,
                "language": self.profiles.language(chat),
            }
        )

    async def _show_faults(self, _: Request) -> Response:
        return _json({"faults": self.faults.shown()})

    async def _break(self, request: Request) -> Response:
        try:
            wish = Breaking.model_validate_json(await request.body())
            self.faults.set(wish.upstream, wish.mode, wish.count)
        except ValidationError as fault:
            return _refused(fault)
        except FaultRefused as fault:
            return _json({"error": str(fault)}, 400)
        return await self._show_faults(request)

    async def _slow(self, request: Request) -> Response:
        try:
            wish = Slowing.model_validate_json(await request.body())
        except ValidationError as fault:
            return _refused(fault)
        self.calls.seconds = wish.gemini_seconds
        return _json({"gemini_seconds": self.calls.seconds})

    async def _model_calls(self, _: Request) -> Response:
        counted = dict(self.calls.by_task)
        total = sum(counted.values())
        return _json({"count": total, "by_task": counted, "calls": list(self.calls.calls)})

    async def _reset(self, _: Request) -> Response:
        await self.courier.forget()
        await self.ledger.forget()
        self.faults.clear()
        self.calls.clear()
        self.media.clear()
        self.calls.seconds = self.courier.settings.gemini_seconds
        return _json({"reset": True})

    async def _answer(self, request: Request) -> Response:
        try:
            wish = Chatting.model_validate_json(await request.body())
        except ValidationError as fault:
            return _refused(fault)
        chat = user_id_of(wish.user)
        await self.courier.send(wish.user, wish.text, {})
        revision = self.ledger.world.chat(chat).revision
        messages = await self._said_after(chat, revision, wish.seconds)
        return _json({"messages": messages}, 200 if messages else 504)

    async def _said_after(self, chat: str, revision: int, seconds: float) -> list[object]:
        deadline = self.ledger.clock() + seconds
        while (left := deadline - self.ledger.clock()) > 0:
            await self.ledger.news(chat, revision, left)
            known = self.ledger.world.chat(chat)
            for entry in known.entries:
                if entry["revision"] > revision and entry["from"] == "bot":
                    return list(entry["messages"])
            revision = known.revision
        return []


def _number(request: Request, name: str) -> int:
    given = request.query_params.get(name, "")
    return int(given) if given.isascii() and given.isdigit() else 0


def _webhook(webhook: Webhook) -> JsonObject:
    return {
        "seq": webhook.number,
        "user": webhook.user,
        "chat": webhook.chat,
        "event_id": webhook.event_id,
        "reply_token": webhook.reply_token,
        "time": webhook.sent_at,
        "event": webhook.event,
        "acknowledged": webhook.acknowledged,
        "attempts": webhook.attempts,
    }


def _json(body: JsonObject, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")


def _refused(fault: ValidationError) -> Response:
    details = [
        {"property": ".".join(str(part) for part in error["loc"]), "message": error["msg"]}
        for error in fault.errors()
    ]
    return _json({"error": "the request is not understood", "details": details}, 400)
