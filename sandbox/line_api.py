"""LINE's Messaging API: what a bot server calls to answer its users."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson
from starlette.routing import Route

from sandbox import line_answers, misbehaviour
from sandbox.faults import status_of
from sandbox.identifiers import is_retry_key, new_message_id, new_request_id, new_token
from sandbox.line_rules import BODY_BYTES, check_loading, check_push, check_reply
from sandbox.misbehaviour import Cut
from sandbox.shapes import as_list, as_object, as_text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from sandbox.faults import Switchboard
    from sandbox.ledger import Ledger
    from sandbox.misbehaviour import Lines
    from sandbox.rules.fault import Fault
    from sandbox.settings import SandboxSettings
    from sandbox.shapes import JsonObject

_CONFLICT = 409
_UNQUOTABLE = {"audio", "location", "imagemap"}


@dataclass(frozen=True, slots=True)
class Call:
    """One request to LINE: its name, its body, and what goes into every ledger row of it."""

    name: str
    body: JsonObject
    request_id: str
    retry_key: str | None

    def row(self, kind: str, status: int | None, time: float, **more: object) -> JsonObject:
        """Return a ledger row for this call."""
        return {
            "kind": kind,
            "call": self.name,
            "status": status,
            "time": time,
            "request_id": self.request_id,
            "retry_key": self.retry_key,
            "reply_token": self.body.get("replyToken"),
            "to": self.body.get("to"),
            "messages": as_list(self.body.get("messages")),
            **more,
        }


@dataclass(frozen=True, slots=True)
class LineApi:
    """LINE as a bot server sees it."""

    settings: SandboxSettings
    ledger: Ledger
    faults: Switchboard
    lines: Lines

    def routes(self) -> list[Route]:
        """Return the paths, equal to LINE's own."""
        return [
            self._post("/v2/bot/message/reply", "reply", self._reply),
            self._post("/v2/bot/message/push", "push", self._push),
            self._post("/v2/bot/chat/loading/start", "loading", self._loading),
            self._post("/v2/bot/chat/markAsRead", "read", self._read),
        ]

    def _post(self, path: str, name: str, work: Callable[[Call], Awaitable[Response]]) -> Route:
        async def endpoint(request: Request) -> Response:
            call = await self._call(name, request)
            refused = line_answers.unauthorised(request, self.settings.channel_access_token)
            refused = refused or self._unreadable(call, request)
            if refused is not None:
                await self._refused(call, refused)
                return refused
            return await self._under_faults(call, work, request)

        return Route(path, endpoint, methods=["POST"])

    async def _call(self, name: str, request: Request) -> Call:
        raw = await request.body()
        try:
            body = as_object(orjson.loads(raw)) if len(raw) <= BODY_BYTES else {}
        except orjson.JSONDecodeError:
            body = {}
        return Call(name, body, new_request_id(), request.headers.get("x-line-retry-key"))

    def _unreadable(self, call: Call, request: Request) -> Response | None:
        if int(request.headers.get("content-length", 0)) > BODY_BYTES:
            return line_answers.error(413, call.request_id, "Request body is too large")
        if not call.body:
            message = "The request body could not be parsed as JSON"
            return line_answers.error(400, call.request_id, message)
        if call.retry_key is None:
            return None
        if call.name != "push" or not is_retry_key(call.retry_key):
            message = "The X-Line-Retry-Key header is invalid"
            return line_answers.error(400, call.request_id, message)
        return None

    async def _under_faults(
        self, call: Call, work: Callable[[Call], Awaitable[Response]], request: Request
    ) -> Response:
        mode = self.faults.take("line")
        if mode == "ok":
            return await work(call)
        if mode == "lost":
            await work(call)
            return Cut(self.lines)
        status = status_of(mode)
        await self.ledger.record(self._fault_row(call, status, mode))
        if status is not None:
            return line_answers.error(status, call.request_id)
        if mode == "hang":
            return await misbehaviour.hang(request, self.lines)
        return misbehaviour.page() if mode == "html" else Cut(self.lines)

    def _fault_row(self, call: Call, status: int | None, mode: str) -> JsonObject:
        return call.row("refused", status, self.ledger.clock(), error=f"fault {mode}")

    async def _refused(self, call: Call, response: Response) -> None:
        reason = bytes(response.body).decode()
        # 409 means that the bot need not try again: for it, that is a success.
        kind = "repeated" if response.status_code == _CONFLICT else "refused"
        row = call.row(kind, response.status_code, self.ledger.clock(), error=reason)
        await self.ledger.record(row)

    async def _refuse(self, call: Call, response: Response) -> Response:
        await self._refused(call, response)
        return response

    async def _reply(self, call: Call) -> Response:
        faults = check_reply(call.body)
        if faults:
            return await self._refuse(call, line_answers.refusal(faults, call.request_id))
        world, now = self.ledger.world, self.ledger.clock()
        token = as_text(call.body["replyToken"])
        ages = self.settings.reply_token_seconds, self.settings.event_lifetime_seconds
        if world.token_refused(token, now, *ages):
            answer = line_answers.error(400, call.request_id, "Invalid reply token")
            return await self._refuse(call, answer)
        known = world.tokens[token]
        return await self._quoting(call, known.chat) or await self._deliver(
            call, known.chat, event_id=known.event_id
        )

    async def _push(self, call: Call) -> Response:
        faults = check_push(call.body)
        if faults:
            return await self._refuse(call, line_answers.refusal(faults, call.request_id))
        accepted = self.ledger.world.accepted.get(call.retry_key or "")
        if accepted is not None:
            answer = line_answers.already_accepted(
                accepted.sent, call.request_id, accepted.request_id
            )
            return await self._refuse(call, answer)
        chat = as_text(call.body["to"])
        return await self._quoting(call, chat) or await self._deliver(call, chat)

    async def _quoting(self, call: Call, chat: str) -> Response | None:
        """Refuse a quote token that was not given for this chat."""
        faults = self.ledger.world.misquoted(as_list(call.body["messages"]), chat)
        if not faults:
            return None
        return await self._refuse(call, line_answers.refusal(faults, call.request_id))

    async def _deliver(self, call: Call, chat: str, event_id: str | None = None) -> Response:
        ids = [_sent_message(as_object(message)) for message in as_list(call.body["messages"])]
        names = self.ledger.world.names
        row = call.row(
            call.name,
            200,
            self.ledger.clock(),
            chat=chat,
            user=names.get(chat, chat),
            event_id=event_id,
            delivered=chat in names,
            sent=ids,
        )
        await self.ledger.record(row)
        return line_answers.sent(ids, call.request_id)

    async def _loading(self, call: Call) -> Response:
        faults: Sequence[Fault] = check_loading(call.body)
        if faults:
            return await self._refuse(call, line_answers.refusal(faults, call.request_id))
        now, chat = self.ledger.clock(), as_text(call.body["chatId"])
        until = now + int(call.body.get("loadingSeconds", 20))
        user = self.ledger.world.names.get(chat, chat)
        await self.ledger.record(call.row("loading", 202, now, chat=chat, user=user, until=until))
        return line_answers.answer({}, call.request_id, 202)

    async def _read(self, call: Call) -> Response:
        token = as_text(call.body.get("markAsReadToken"))
        known = self.ledger.world.readable.get(token)
        if known is None:
            answer = line_answers.error(400, call.request_id, "Invalid markAsReadToken")
            return await self._refuse(call, answer)
        chat, revision = known
        row = call.row("read", 200, self.ledger.clock(), chat=chat, read_revision=revision)
        await self.ledger.record(row)
        return line_answers.answer({}, call.request_id)


def _sent_message(message: JsonObject) -> JsonObject:
    """Return the receipt of one message; audio cannot be quoted."""
    receipt: JsonObject = {"id": new_message_id()}
    if message.get("type") not in _UNQUOTABLE:
        receipt["quoteToken"] = new_token()
    return receipt
