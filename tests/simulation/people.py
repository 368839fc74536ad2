"""Users who write, tap, stop, start over, take back and erase; and LINE, which brings it all."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import orjson

from services.gateway.door import Door
from services.gateway.signature import sign
from tests.simulation.composed import SECRET
from tests.simulation.line import Line, Shown
from tests.simulation.loop import SimulatedLoop, passing
from tests.simulation.processes import Process

BEGINNING = datetime(2026, 3, 2, 8, tzinfo=UTC)
LINE_WAITS = 2.0
"""LINE counts a webhook without an answer as failed after so long."""
NONCE = re.compile(r"([UC]\d+)n\d+")
Event = dict[str, Any]

TRANSLATING = (
    *("text",) * 30,
    *("朗讀",) * 6,
    *("繼續翻譯",) * 4,
    *("停止",) * 4,
    *("新對話",) * 2,
    *("重試",) * 3,
    *("看結果",) * 2,
    *("說明",) * 1,
    *("audio",) * 4,
    *("sticker",) * 2,
    *("unsend",) * 4,
    *("我的資料",) * 1,
    *("erase",) * 2,
    *("follow",) * 1,
    *("burst",) * 1,
)
EDUCATING = (
    *("text",) * 14,
    *("revising",) * 8,
    *("mailing",) * 5,
    *("停止",) * 4,
    *("新對話",) * 2,
    *("重試",) * 3,
    *("unsend",) * 4,
    *("erase",) * 2,
    *("sticker",) * 1,
)


@dataclass
class Postman:
    """LINE's webhooks: brought to any gateway, and again until one says 200."""

    loop: SimulatedLoop
    chance: Random
    line: Line
    gateways: Callable[[], list[Process]]
    note: Callable[..., None]
    doubled: float = 0.0
    unheard: float = 0.0
    on_its_way: int = 0
    sent: dict[str, Event] = field(default_factory=dict[str, Event])
    acknowledged: dict[str, float] = field(default_factory=dict[str, float])

    async def bring(self, event: Event) -> None:
        """Deliver one event until it is acknowledged."""
        name = event["webhookEventId"]
        self.sent[name] = event
        self.on_its_way += 1
        tries = 0
        while await self._post(event, again=tries > 0) != 200:
            tries += 1
            await passing(0.5 + self.chance.random() * min(2.0**tries, 10.0))
        self.acknowledged.setdefault(name, self.loop.now)
        self.on_its_way -= 1
        if self.doubled and self.chance.random() < self.doubled:
            await passing(self.chance.random() * 20.0)
            await self._post(event, again=True)

    async def _post(self, event: Event, *, again: bool) -> int:
        event["deliveryContext"] = {"isRedelivery": again}
        if "replyToken" in event:
            self.line.grant(event["replyToken"], place_of(event["source"]))
        await passing(0.005 + self.chance.random() * 0.05)
        doors = [(each, each.door) for each in self.gateways() if each.door is not None]
        if not doors:
            return 0
        process, door = self.chance.choice(doors)
        answer: asyncio.Future[int] = self.loop.create_future()
        body = orjson.dumps({"destination": "U", "events": [event]})
        process.begin(_knock(process, door, body, answer))
        try:
            async with asyncio.timeout(LINE_WAITS):
                status = await asyncio.shield(answer)
        except TimeoutError:
            return 0
        if self.unheard and self.chance.random() < self.unheard:
            return 0
        return status


def place_of(source: Event) -> str:
    """Return where answers to whoever spoke are shown: the group, or the user's own chat."""
    return source.get("groupId") or source["userId"]


async def _knock(process: Process, door: Door, body: bytes, answer: "asyncio.Future[int]") -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"x-line-signature", sign(SECRET, body)),
    ]

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start" and not answer.done():
            answer.set_result(message["status"])

    process.knocks += 1
    await door({"type": "http", "method": "POST", "headers": headers}, receive, send)
    process.knocks -= 1


@dataclass
class Person:
    """One user in one chat, and what they do next; the chat's name tells a group from a user."""

    name: str
    user: str
    chance: Random
    postman: Postman
    steps: int
    said: int = 0
    messages: list[str] = field(default_factory=list[str])
    is_done: bool = False

    async def live(self) -> None:
        """Do everything, then be done."""
        mode = self.chance.choice(("聊天", "衛教"))
        opening = ["新對話", mode] + (["英文"] if mode == "聊天" else [])
        if self.chance.random() < 0.2:
            opening = opening[self.chance.randrange(len(opening)) :]
        for word in opening:
            self.do(word)
            await passing(self.chance.random() * 2.0)
        acts = TRANSLATING if mode == "聊天" else EDUCATING
        for _ in range(self.steps):
            await self.act(self.chance.choice(acts))
            await passing(self._pause())
        self.is_done = True

    async def act(self, what: str) -> None:
        """Do one thing."""
        match what:
            case "erase":
                self.do("刪除我的資料")
                await passing(self.chance.random() * 3.0)
                self.do("確認刪除" if self.chance.random() < 0.8 else "停止")
            case "mailing":
                for word in ("寄送", "nurse@example.org", "確認寄送"):
                    self.do(word)
                    await passing(1.0 + self.chance.random() * 3.0)
            case "revising":
                self.do(self.chance.choice(("修改", "翻譯")))
                await passing(self.chance.random() * 4.0)
                self.do(self.chance.choice(("text", "英文")))
            case "burst":
                for _ in range(self.chance.randrange(3, 14)):
                    self.do("text")
                    await passing(self.chance.random() * 0.2)
            case word:
                self.do(word)

    def do(self, what: str) -> None:
        """Send one event to the bot."""
        self.said += 1
        match what:
            case "text":
                event = self._message(
                    "text", self._called(f"{self.name}n{self.said} 這個藥一天吃三次")
                )
            case "sticker" | "audio":
                event = self._message(what)
            case "unsend":
                if not self.messages:
                    return
                event = self._event("unsend", unsend={"messageId": self.messages[-1]})
            case "follow":
                event = self._event("follow")
            case words:
                event = self._message("text", self._called(words))
        self._send(event)

    def tap(self, data: str) -> None:
        """Tap a button that carries data."""
        self.said += 1
        self._send(self._event("postback", postback={"data": data}))

    def see(self, shown: Shown) -> None:
        """Look at what came; whoever is offered the result may want to see it."""
        found = re.search(r"'data': '(result:[^']+)'", shown.words)
        if found and self.chance.random() < 0.6:
            self.postman.loop.later(self.chance.random() * 20.0, self.tap, found[1])

    def _called(self, words: str) -> str:
        return words if self.name == self.user else f"mededbot {words}"

    def _message(self, kind: str, text: str | None = None) -> Event:
        message: Event = {"type": kind, "id": f"{self.name}n{self.said}m"}
        if text is not None:
            message["text"] = text
        if kind == "audio":
            message |= {"duration": 1000, "contentProvider": {"type": "line"}}
        self.messages.append(message["id"])
        return self._event("message", message=message)

    def _event(self, kind: str, **more: Any) -> Event:
        name = f"{self.name}e{self.said}"
        sent_at = BEGINNING + timedelta(seconds=self.postman.loop.now)
        event: Event = {
            "type": kind,
            "mode": "active",
            "timestamp": int(sent_at.timestamp() * 1000),
            "source": self._source(),
            "webhookEventId": name,
        }
        if kind != "unsend":
            event["replyToken"] = f"token-{name}"
        return event | more

    def _source(self) -> Event:
        if self.name == self.user:
            return {"type": "user", "userId": self.user}
        return {"type": "group", "groupId": self.name, "userId": self.user}

    def _send(self, event: Event) -> None:
        postman = self.postman
        what = event.get("message", event.get("postback", event.get("unsend", {})))
        postman.note(self.name, f"sends {event['webhookEventId']} {event['type']}", what)
        postman.loop.create_task(postman.bring(event))

    def _pause(self) -> float:
        draw = self.chance.random()
        if draw < 0.35:
            return self.chance.random() * 0.5
        if draw < 0.85:
            return 1.0 + self.chance.random() * 9.0
        return 15.0 + self.chance.random() * 40.0
