"""LINE through line-bot-sdk, the one place that knows the SDK.

What is sent with every turn goes out as the JSON it is already: the SDK's message models cost 3.1
ms of CPU a call (four messages, eight references), its checks and walks over finished JSON 0.8 ms,
and its flex models drop keys they do not know.
"""

import time
from collections.abc import AsyncGenerator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import aiohttp
import orjson
from linebot.v3.messaging import (
    ApiException,
    AsyncApiClient,
    AsyncMessagingApi,
    Configuration,
)

from chassis import metrics
from chassis.outgoing import outgoing_session
from services.notifier.delivery import Accepted, Heard, Rejected, Unheard
from services.notifier.ports import LINE_TIMEOUT_SECONDS

SHORT_TIMEOUT_SECONDS = 2.0
"""An answer waits for a loading animation on its way, and a greeting for its language."""
MANUAL = ("chat", "manual")
"""Chat is on, and messages are not marked as read by themselves."""
UPSTREAM = "line"

# ValueError: no request could be made.
_UNHEARD = (TimeoutError, OSError, aiohttp.ClientError, ValueError)


@dataclass(slots=True)
class _Taken:
    """A 2xx as the SDK reads it: a body of any bytes is text."""

    status: int
    data: bytes | str

    def getheader(self, _name: str, default: str | None = None) -> str | None:
        """Name no character set, so that the SDK decodes the body as UTF-8."""
        return default


class _Client(AsyncApiClient):
    """The SDK's client, which reads a 2xx whatever its body says."""

    async def request(self, *args: Any, **kwargs: Any) -> Any:
        """Return a 2xx; the SDK raises ApiException for any other, before it reads the body."""
        response = cast("Any", await super().request(*args, **kwargs))
        return _Taken(response.status, response.data.decode(errors="replace").encode())

    def deserialize(self, response: _Taken, response_type: str) -> object:
        """Return what the body of a 2xx says, or None when nobody can read it."""
        try:
            return super().deserialize(response, response_type)
        except (ValueError, TypeError, RecursionError):
            return None


class LineMessenger:
    """LINE's Messaging API, as Messenger."""

    def __init__(self, client: AsyncApiClient, *, timeout_seconds: float) -> None:
        """Send through the process's one SDK client."""
        self._api = AsyncMessagingApi(client)
        self._post = client.rest_client.post_request
        self._host = client.configuration.host or ""
        self._headers = {**client.default_headers, **_authorization(client)}
        # A float: the SDK's own default is five minutes, and it takes no pair of time-outs.
        self._timeout = timeout_seconds

    async def reply(self, token: str, messages: Sequence[dict[str, Any]]) -> Heard:
        """Send messages by a reply token."""
        body = {"replyToken": token, "messages": list(messages)}
        return await _timed(self._said("/v2/bot/message/reply", body, self._timeout))

    async def push(self, to: str, messages: Sequence[dict[str, Any]], *, retry_key: str) -> Heard:
        """Send messages to a user or a group; the same `retry_key` is never delivered twice."""
        body = {"to": to, "messages": list(messages)}
        key = {"X-Line-Retry-Key": retry_key}
        return await _timed(self._said("/v2/bot/message/push", body, self._timeout, key))

    async def show_loading(self, user: str, *, seconds: int) -> Heard:
        """Show a user for some seconds that somebody works."""
        body = {"chatId": user, "loadingSeconds": seconds}
        return await self._said("/v2/bot/chat/loading/start", body, SHORT_TIMEOUT_SECONDS)

    async def mark_as_read(self, token: str) -> Heard:
        """Show the user that a message was read."""
        body = {"markAsReadToken": token}
        return await self._said("/v2/bot/chat/markAsRead", body, SHORT_TIMEOUT_SECONDS)

    async def language_of(self, user: str) -> str:
        """Return the language (BCP 47) that a user's profile names; empty when nobody knows."""
        profile = await _read(self._api.get_profile(user, _request_timeout=SHORT_TIMEOUT_SECONDS))
        return str(getattr(profile, "language", None) or "")

    async def may_mark_as_read(self) -> bool:
        """Tell whether messages to this account are marked as read by whoever answers them."""
        info = await _read(self._api.get_bot_info(_request_timeout=SHORT_TIMEOUT_SECONDS))
        modes = (getattr(info, "chat_mode", None), getattr(info, "mark_as_read_mode", None))
        return modes == MANUAL

    async def _said(
        self, path: str, body: dict[str, Any], seconds: float, more: dict[str, str] | None = None
    ) -> Heard:
        """Return what LINE said. The SDK's exceptions end here: their text holds tokens."""
        headers = {**self._headers, **(more or {})}
        try:
            answer: Any = await self._post(
                self._host + path, headers=headers, body=body, _request_timeout=seconds
            )
        except ApiException as error:
            return _rejected(cast("int | None", error.status), cast("bytes | None", error.body))
        except _UNHEARD:
            return Unheard()
        return Accepted(_sent(answer.data))


@asynccontextmanager
async def line_messenger(
    *, base_url: str, token: str, timeout_seconds: float = LINE_TIMEOUT_SECONDS
) -> AsyncGenerator[LineMessenger]:
    """Yield LINE; the SDK's client costs 30 ms to make and wants a running loop: one a process."""
    client = _Client(Configuration(access_token=token, host=base_url))
    await client.rest_client.pool_manager.close()
    client.rest_client.pool_manager = outgoing_session()
    try:
        yield LineMessenger(client, timeout_seconds=timeout_seconds)
    finally:
        await client.close()


def _authorization(client: AsyncApiClient) -> dict[str, str]:
    return {"Authorization": f"Bearer {client.configuration.access_token}"}


async def _timed(call: Awaitable[Heard]) -> Heard:
    began = time.perf_counter()
    heard = await call
    seconds = time.perf_counter() - began
    metrics.UPSTREAM_SECONDS.labels(upstream=UPSTREAM).observe(seconds)
    metrics.UPSTREAM_CALLS.labels(upstream=UPSTREAM, outcome=_outcome(heard)).inc()
    return heard


async def _read(call: Awaitable[object]) -> object:
    """Return what LINE knows; None when it does not say: nothing of ours depends on it."""
    try:
        return await call
    except (ApiException, *_UNHEARD):
        return None


def _sent(body: bytes) -> tuple[str, ...]:
    """Return the ids of the messages that a 2xx names.

    It is an acceptance whatever its body says: called unheard, the same messages would be sent
    again by a token that is spent.
    """
    try:
        return tuple(str(each["id"]) for each in orjson.loads(body)["sentMessages"])
    except (ValueError, TypeError, KeyError):
        return ()


def _rejected(status: int | None, body: bytes | None) -> Heard:
    if not status:
        return Unheard()
    try:
        said: Any = orjson.loads(body or b"")
        details = [str(each["property"]) for each in said.get("details", [])]
        return Rejected(status, str(said.get("message", "")), tuple(details))
    except (ValueError, TypeError, AttributeError, KeyError):
        return Rejected(status)


def _outcome(heard: Heard) -> str:
    """Return the metric's label: one of few."""
    match heard:
        case Accepted():
            return "ok"
        case Unheard():
            return "unheard"
        case Rejected(status=429):
            return "rate_limited"
        case Rejected(status):
            return "error" if status >= 500 else "rejected"  # noqa: PLR2004 (server errors)
