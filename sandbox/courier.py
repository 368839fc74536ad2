"""The courier: delivers webhooks to the bot server, again and again until acknowledged."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import structlog

from sandbox.events import chat_of, customised, envelope, redelivered, shown_of, sign, text_event
from sandbox.identifiers import user_id_of
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


@dataclass(slots=True)
class Courier:
    """Carries webhooks to the bot server; owns every task it starts."""

    settings: SandboxSettings
    ledger: Ledger
    client: httpx.AsyncClient
    _tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    async def send(
        self,
        user: str,
        text: str,
        override: JsonObject,
        deliveries: int = 1,
        shown: str | None = None,
    ) -> JsonObject:
        """Record a new event and start to deliver it; return its ids."""
        if len(self._tasks) >= MOST_UNDER_WAY:
            raise TooManyWebhooks
        webhook = self._webhook(user, text, override)
        world = self.ledger.world
        await self.ledger.record(_record(webhook, user_id_of(user), shown))
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
            self._start(webhook, again=True)

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
        accepted = error is None
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
        # Waiting for one of our own connections is not the bot server's delay.
        patience = httpx.Timeout(self.settings.webhook_timeout_seconds, pool=None)
        try:
            response = await self.client.post(url, content=body, headers=headers, timeout=patience)
        except httpx.TimeoutException:
            return None, "request_timeout"
        except httpx.HTTPError:
            return None, "could_not_connect"
        if response.is_success:
            return response.status_code, None
        return response.status_code, "error_status_code"


def _record(webhook: Webhook, user_id: str, shown: str | None) -> JsonObject:
    return {
        "kind": "webhook",
        "number": webhook.number,
        "chat": webhook.chat,
        "user": webhook.user,
        "user_id": user_id,
        "time": webhook.sent_at,
        "event": webhook.event,
        "shown": shown_of(webhook.event) if shown is None else shown,
    }
