"""The sandbox as the tests here use it, and a small bot server behind it."""

import shutil
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.settings import SandboxSettings
from sandbox.shapes import JsonObject

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SECRET = "channel-secret"
TOKEN = "channel-access-token"
AUTHORISED = {"authorization": f"Bearer {TOKEN}"}
SETTINGS = SandboxSettings(
    gateway_url="http://gateway.test",
    channel_secret=SECRET,
    channel_access_token=TOKEN,
    redelivery_first_seconds=0.01,
    redelivery_longest_seconds=0.02,
)


@dataclass
class BotServer:
    """Takes webhooks; answers with the statuses it was told, then with 200."""

    statuses: list[int] = field(default_factory=list[int])
    requests: list[tuple[bytes, str]] = field(default_factory=list[tuple[bytes, str]])

    async def webhook(self, request: Request) -> Response:
        signature = request.headers["x-line-signature"]
        self.requests.append((await request.body(), signature))
        return Response(status_code=self.statuses.pop(0) if self.statuses else 200)

    def client(self) -> httpx.AsyncClient:
        app = Starlette(routes=[Route("/webhook", self.webhook, methods=["POST"])])
        return httpx.AsyncClient(transport=httpx.ASGITransport(app))


@dataclass
class Sandbox:
    """The served sandbox as a test uses it."""

    url: str
    http: httpx.AsyncClient
    bot: BotServer
    smtp_port: int

    async def say(self, user: str, text: str, **more: object) -> JsonObject:
        answer = await self.http.post("/sandbox/send", json={"user": user, "text": text, **more})
        answer.raise_for_status()
        return answer.json()

    async def show(self, user: str, content: bytes, **how: str | float) -> JsonObject:
        query = {"user": user, "kind": "audio", **how}
        answer = await self.http.post("/sandbox/media", params=query, content=content)
        answer.raise_for_status()
        return answer.json()

    async def line(self, method: str, path: str, **more: Any) -> httpx.Response:
        return await self.http.request(method, path, headers=AUTHORISED, **more)

    async def reply(self, token: str, *messages: JsonObject) -> httpx.Response:
        body = {"replyToken": token, "messages": messages}
        return await self.line("POST", "/v2/bot/message/reply", json=body)

    async def answer(self, *messages: JsonObject) -> None:
        """Answer the user's last message as the bot does."""
        webhook = (await self.ledger())["webhooks"][-1]
        (await self.reply(webhook["reply_token"], *messages)).raise_for_status()

    async def news(self, user: str) -> JsonObject:
        return (await self.http.get(f"/sandbox/chats/{user}")).json()

    async def events(self) -> list[JsonObject]:
        return [webhook["event"] for webhook in (await self.ledger())["webhooks"]]

    async def ledger(self) -> JsonObject:
        return (await self.http.get("/sandbox/ledger")).json()

    async def kinds(self) -> list[str]:
        return [row["kind"] for row in (await self.ledger())["rows"]]

    async def break_(self, upstream: str, mode: str, count: int | None = 1) -> None:
        wish = {"upstream": upstream, "mode": mode, "count": count}
        (await self.http.post("/sandbox/faults", json=wish)).raise_for_status()
