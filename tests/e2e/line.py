"""LINE's API, strict: what it would refuse is refused and remembered, whatever it shows is kept."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chassis.http import http_server
from sandbox.line_rules import Fault, check_loading, check_push, check_reply
from tests.e2e.line_ledger import Json, Ledger, Shown
from tests.e2e.moments import PATIENCE_SECONDS, elapse

TOKEN = "line-access-token-canary"
INVALID_TOKEN = {"message": "Invalid reply token"}
NOT_ACCEPTED = {500, 503}


CONTENT = "/v2/bot/message/{message}/content"


@dataclass(slots=True)
class Medium:
    """A voice message as LINE's data API has it: ready after so many questions, or a status."""

    content: bytes
    kind: str = "audio/x-m4a"
    preparing: int = 0
    status: int = 200


class Line:
    """The stand-in: `faults` are what happens to the next sends to a user, one each.

    A status (500, 503) refuses the send; `accepted_500` and `accepted_hang` show the answer and
    keep that from the caller.
    """

    def __init__(self) -> None:
        """Know nobody yet."""
        self.ledger = Ledger()
        self.media: dict[str, Medium] = {}
        self.languages: dict[str, str] = {}
        self.faults: dict[str, list[int | str]] = {}
        self.calls = 0
        self.url = ""
        self.closing = asyncio.Event()

    def routes(self) -> list[Route]:
        """Return LINE's paths; all others are refused and remembered."""
        return [
            Route("/v2/bot/message/reply", self._guarded(self._reply), methods=["POST"]),
            Route("/v2/bot/message/push", self._guarded(self._push), methods=["POST"]),
            Route("/v2/bot/chat/loading/start", self._guarded(self._loading), methods=["POST"]),
            Route("/v2/bot/chat/markAsRead", self._guarded(self._read), methods=["POST"]),
            Route("/v2/bot/info", self._guarded(self._info), methods=["GET"]),
            Route("/v2/bot/profile/{user}", self._guarded(self._profile), methods=["GET"]),
            Route(CONTENT, self._guarded(self._content), methods=["GET"]),
            Route(f"{CONTENT}/transcoding", self._guarded(self._transcoding), methods=["GET"]),
            Route("/{path:path}", self._strange, methods=["GET", "POST", "PUT", "DELETE"]),
        ]

    def _guarded(
        self, handle: Callable[[Request, Json], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            self.calls += 1
            if request.headers.get("authorization") != f"Bearer {TOKEN}":
                self.ledger.refused.append("wrong token")
                return JSONResponse({"message": "Authentication failed"}, 401)
            return await handle(request, await request.json() if await request.body() else {})

        return guarded

    async def _strange(self, request: Request) -> Response:
        self.ledger.refused.append(f"{request.method} {request.url.path}")
        return JSONResponse({"message": "Not found"}, 404)

    async def _reply(self, _: Request, body: Json) -> Response:
        if faults := [*check_reply(body), *self._misquoted(body)]:
            return self._refused(faults)
        token = str(body["replyToken"])
        known = self.ledger.redeem(token)
        if known is None:
            return JSONResponse(INVALID_TOKEN, 400)
        fault = self._fault(known.user)
        if fault in NOT_ACCEPTED:
            return JSONResponse({"message": "Internal server error"}, HTTPStatus(fault))
        known.used = True
        ids = self.ledger.show(Shown("reply", known.user, token, tuple(body["messages"])))
        return await self._sent(ids, fault)

    async def _push(self, request: Request, body: Json) -> Response:
        key, user = request.headers.get("x-line-retry-key", ""), str(body.get("to", ""))
        if faults := [*check_push(body), *_key_faults(key), *self._misquoted(body)]:
            return self._refused(faults)
        if (ids := self.ledger.accepted.get(key)) is not None:
            headers = {"x-line-accepted-request-id": str(uuid4())}
            return JSONResponse({"message": "Already accepted", **_messages(ids)}, 409, headers)
        fault = self._fault(user)
        if fault in NOT_ACCEPTED:
            return JSONResponse({"message": "Internal server error"}, HTTPStatus(fault))
        shown = Shown("push", user, key, tuple(body["messages"]))
        ids = self.ledger.show(shown) if self.ledger.knows(user) else []
        self.ledger.accepted[key] = ids
        return await self._sent(ids, fault)

    async def _loading(self, _: Request, body: Json) -> Response:
        if faults := check_loading(body):
            return self._refused(faults)
        self.ledger.show(Shown("loading", str(body["chatId"]), ""))
        return JSONResponse({}, 202)

    async def _read(self, _: Request, body: Json) -> Response:
        token = str(body.get("markAsReadToken", ""))
        if token not in self.ledger.readable:
            return self._refused([Fault("Invalid token", "markAsReadToken")])
        self.ledger.read.append(token)
        return JSONResponse({})

    async def _info(self, _: Request, __: Json) -> Response:
        named = {"userId": "U" + "0" * 32, "basicId": "@e2e", "displayName": "MedEdBot"}
        return JSONResponse({**named, "chatMode": "chat", "markAsReadMode": "manual"})

    async def _profile(self, request: Request, _: Json) -> Response:
        user = str(request.path_params["user"])
        if user not in self.languages:
            return JSONResponse({"message": "Not found"}, 404)
        profile = {"userId": user, "displayName": "A user", "language": self.languages[user]}
        return JSONResponse(profile)

    async def _content(self, request: Request, _: Json) -> Response:
        medium = self.media.get(str(request.path_params["message"]))
        if medium is None or medium.status != HTTPStatus.OK:
            status = medium.status if medium else 404
            return JSONResponse({"message": "Not available"}, status)
        if medium.preparing > 0:
            return Response(status_code=202)
        return Response(medium.content, media_type=medium.kind)

    async def _transcoding(self, request: Request, _: Json) -> Response:
        medium = self.media[str(request.path_params["message"])]
        medium.preparing -= 1
        return JSONResponse({"status": "processing" if medium.preparing > 0 else "succeeded"})

    def _misquoted(self, body: Json) -> list[Fault]:
        strange = self.ledger.misquoted(body["messages"])
        return [Fault("Invalid quote token", "messages[0].quoteToken") for _ in strange]

    async def _sent(self, ids: list[str], fault: int | str) -> Response:
        if fault == "accepted_hang":
            await elapse(PATIENCE_SECONDS, unless=self.closing)
        if fault:
            return JSONResponse({"message": "Internal server error"}, 500)
        return JSONResponse(_messages(ids), headers={"x-line-request-id": str(uuid4())})

    def _fault(self, user: str) -> int | str:
        planned = self.faults.get(user)
        return planned.pop(0) if planned else ""

    def _refused(self, faults: list[Fault]) -> Response:
        details = [{"message": each.message, "property": each.property} for each in faults]
        self.ledger.refused.extend(f"{each.property}: {each.message}" for each in faults)
        text = f"The request body has {len(details)} error(s)"
        return JSONResponse({"message": text, "details": details}, 400)


def _key_faults(key: str) -> list[Fault]:
    try:
        UUID(key)
    except ValueError:
        return [Fault("Invalid retry key", "X-Line-Retry-Key")]
    return []


def _messages(ids: list[str]) -> Json:
    return {"sentMessages": [{"id": each, "quoteToken": each} for each in ids]}


@asynccontextmanager
async def served_line() -> AsyncGenerator[Line]:
    """Serve the stand-in on a free port."""
    line = Line()
    async with http_server(line.routes(), host="127.0.0.1", port=0) as port:
        line.url = f"http://127.0.0.1:{port}"
        yield line
        line.closing.set()
