"""LINE's webhooks: built, signed, delivered, and delivered again until acknowledged."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import orjson
import structlog

from sandbox.identifiers import (
    BOT_USER_ID,
    new_message_id,
    new_token,
    new_webhook_event_id,
    user_id_of,
)
from sandbox.shapes import as_object, as_text, merged
from sandbox.world import Webhook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.ledger import Ledger
    from sandbox.settings import SandboxSettings
    from sandbox.shapes import JsonObject

# More webhooks than this under way at once, and the sender is asked to wait.
MOST_UNDER_WAY = 5_000


class TooManyWebhooks(Exception):
    """The bot server is too far behind; nothing more is sent for now."""


def sign(channel_secret: str, body: bytes) -> str:
    """Return the x-line-signature of a webhook body."""
    digest = hmac.new(channel_secret.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def envelope(event: JsonObject) -> bytes:
    """Return a webhook body that carries one event."""
    return orjson.dumps({"destination": BOT_USER_ID, "events": [event]})


def redelivered(event: JsonObject) -> JsonObject:
    """Return the event as LINE sends it again: the same but for one flag."""
    return {**event, "deliveryContext": {"isRedelivery": True}}


def text_event(user_id: str, text: str, milliseconds: int) -> JsonObject:
    """Return the event of a text message in a one-to-one chat."""
    return {
        "type": "message",
        "mode": "active",
        "timestamp": milliseconds,
        "source": {"type": "user", "userId": user_id},
        "webhookEventId": new_webhook_event_id(milliseconds),
        "deliveryContext": {"isRedelivery": False},
        "replyToken": new_token(),
        "message": {
            "id": new_message_id(),
            "type": "text",
            "quoteToken": new_token(),
            "markAsReadToken": new_token(),
            "text": text,
        },
    }


def customised(event: JsonObject, override: JsonObject) -> JsonObject:
    """Return the event with a test's wishes laid over it; another type has no message."""
    if override.get("type", "message") != "message" and "message" not in override:
        event = {key: value for key, value in event.items() if key != "message"}
    return merged(event, override)


def chat_of(event: JsonObject) -> str:
    """Return the chat an event belongs to: the group, the room or the user."""
    source = as_object(event.get("source"))
    names = (as_text(source.get(key)) for key in ("groupId", "roomId", "userId"))
    return next((name for name in names if name), "")


def shown(event: JsonObject) -> str:
    """Return what the user's own phone shows of an event."""
    message, postback = as_object(event.get("message")), as_object(event.get("postback"))
    if "text" in message:
        return as_text(message["text"])
    return as_text(postback.get("displayText")) or f"〔{message.get('type') or event.get('type')}〕"


@dataclass(slots=True)
class Courier:
    """Carries webhooks to the bot server; owns every task it starts."""

    settings: SandboxSettings
    ledger: Ledger
    client: httpx.AsyncClient
    _tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    async def send(
        self, user: str, text: str, override: JsonObject, deliveries: int = 1
    ) -> JsonObject:
        """Record a new event and start to deliver it; return its ids."""
        if len(self._tasks) >= MOST_UNDER_WAY:
            raise TooManyWebhooks
        webhook = self._webhook(user, text, override)
        world = self.ledger.world
        await self.ledger.record(_record(webhook, user_id_of(user)))
        webhook = world.webhooks.get(webhook.number, webhook)
        for _ in range(deliveries):
            self._start(webhook, again=False)
        return {
            "webhookEventId": webhook.event_id,
            "replyToken": webhook.reply_token,
            "userId": user_id_of(user),
            "timestamp": webhook.event.get("timestamp"),
        }

    def resume(self) -> None:
        """Deliver again what an earlier run still owed."""
        lifetime = self.settings.event_lifetime_seconds
        for webhook in self.ledger.world.unacknowledged(self.ledger.clock(), lifetime):
            self._start(webhook, again=bool(webhook.attempts))

    async def forget(self) -> None:
        """Stop delivering everything that is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """Stop, and close the connections."""
        await self.forget()
        await self.client.aclose()

    def _webhook(self, user: str, text: str, override: JsonObject) -> Webhook:
        now, user_id = self.ledger.clock(), user_id_of(user)
        chat = chat_of(customised({"source": {"userId": user_id}}, override)) or user_id
        # LINE's timestamps tell the order of a user's messages: never the same twice.
        last = self.ledger.world.chat(chat).last_timestamp
        event = text_event(user_id, text, max(int(now * 1000), last + 1))
        number = self.ledger.world.sequence + 1
        return Webhook(number, chat, user, customised(event, override), now)

    def _start(self, webhook: Webhook, *, again: bool) -> None:
        task = asyncio.create_task(self._deliver(webhook, again=again))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            structlog.get_logger().error("webhook_task_failed", exc_info=task.exception())

    async def _deliver(self, webhook: Webhook, *, again: bool) -> None:
        for pause in self._pauses():
            if await self._attempt(webhook, again=again):
                return
            again = True
            await asyncio.sleep(pause)
        structlog.get_logger().warning("webhook_given_up", event_id=webhook.event_id)

    def _pauses(self) -> Iterator[float]:
        pause, total = self.settings.redelivery_first_seconds, 0.0
        while total < self.settings.event_lifetime_seconds:
            yield pause
            total += pause
            pause = min(pause * 2, self.settings.redelivery_longest_seconds)

    async def _attempt(self, webhook: Webhook, *, again: bool) -> bool:
        started = self.ledger.clock()
        if again:
            sending = {"kind": "sending", "number": webhook.number, "time": started}
            await self.ledger.record(sending)
        status, error = await self._post(redelivered(webhook.event) if again else webhook.event)
        accepted = status is not None and 200 <= status < 300
        acknowledged = {
            "kind": "acknowledged",
            "number": webhook.number,
            "time": started,
            "seconds": self.ledger.clock() - started,
            "status": status,
            "error": error,
            "redelivery": again,
            "accepted": accepted,
        }
        await self.ledger.record(acknowledged)
        return accepted

    async def _post(self, event: JsonObject) -> tuple[int | None, str | None]:
        body = envelope(event)
        headers = {
            "content-type": "application/json; charset=utf-8",
            "x-line-signature": sign(self.settings.channel_secret, body),
            "user-agent": "LineBotWebhook/2.0",
        }
        url = f"{self.settings.gateway_url.rstrip('/')}/webhook"
        try:
            async with asyncio.timeout(self.settings.webhook_timeout_seconds):
                response = await self.client.post(url, content=body, headers=headers)
        except TimeoutError:
            return None, "request_timeout"
        except httpx.HTTPError:
            return None, "could_not_connect"
        if response.is_success:
            return response.status_code, None
        return response.status_code, "error_status_code"


def _record(webhook: Webhook, user_id: str) -> JsonObject:
    return {
        "kind": "webhook",
        "number": webhook.number,
        "chat": webhook.chat,
        "user": webhook.user,
        "user_id": user_id,
        "time": webhook.sent_at,
        "event": webhook.event,
        "shown": shown(webhook.event),
    }
