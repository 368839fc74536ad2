"""Users of the sandbox: one with a phone, who taps what is offered, and one who types all."""

from dataclasses import dataclass, field
from time import time_ns
from typing import Literal
from uuid import uuid4

import httpx

from chassis.testing import poll
from tests.e2e.line_ledger import Json, Shown
from tests.e2e.moments import PATIENCE_SECONDS
from tests.e2e.voices import recording

Device = Literal["phone", "computer"]


@dataclass(slots=True)
class Person:
    """Somebody who talks to the bot through the sandbox, and what they were shown last."""

    http: httpx.AsyncClient
    device: Device
    name: str = field(default_factory=lambda: f"user-{uuid4().hex[:12]}")
    seen: Shown = field(default_factory=lambda: Shown("reply", "", ""))

    async def pick(self, offered: str, typed: str = "") -> Shown:
        """Choose what is offered: by a tap, or by typing it (or another word for it)."""
        if self.device == "computer":
            return await self.type(typed or offered)
        assert offered in self.seen.choices, f"{offered} is not among {self.seen.choices}"
        data = self.seen.postbacks.get(offered)
        if data is None:
            return await self.type(offered)
        return await self._answered({"type": "postback", "postback": {"data": data}})

    async def type(self, text: str) -> Shown:
        """Write a message; return the answer."""
        return await self._answered({}, text)

    async def send(self, kind: str, **more: object) -> Shown:
        """Send a message without words; return the answer."""
        return await self._answered(_message(kind, **more))

    async def speak(self, transcript: str) -> Shown:
        """Send a voice message in which something is said; return the answer."""
        event = _message("audio", duration=500, contentProvider={"type": "line"})
        message_id = event["message"]["id"]
        await self.http.put(
            f"/sandbox/content/{message_id}",
            params={"transcript": transcript},
            content=recording(message_id),
            headers={"content-type": "audio/wav"},
        )
        return await self._answered(event)

    async def do(self, event: Json) -> str:
        """Let something happen that need not be answered; return its webhook event id."""
        wish = {"user": self.name, "event": event}
        sent = await self.http.post("/sandbox/send", json=wish)
        return str(sent.raise_for_status().json()["webhookEventId"])

    async def answers(self) -> list[Shown]:
        """Return all that the bot has said to this user."""
        found = await self.http.get("/sandbox/ledger", params={"user": self.name})
        rows: list[Json] = found.json()["rows"]
        return [
            Shown(row["kind"], self.name, str(row.get("event_id")), tuple(row["messages"]))
            for row in rows
            if row["kind"] in {"reply", "push"}
        ]

    async def _answered(self, event: Json, text: str = "") -> Shown:
        before = len(await self.answers())
        wish = {"user": self.name, "text": text, "event": event}
        (await self.http.post("/sandbox/send", json=wish)).raise_for_status()

        async def next_answer() -> Shown | None:
            answers = await self.answers()
            return answers[before] if len(answers) > before else None

        self.seen = await poll(next_answer, PATIENCE_SECONDS, what=f"an answer to {text or event}")
        return self.seen


def _message(kind: str, **more: object) -> Json:
    message_id = str(time_ns())
    # Laid over a text message: what a text has and this one has not is emptied.
    return {"type": "message", "message": {"id": message_id, "type": kind, **more}}
