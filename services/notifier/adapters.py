"""LINE through line-bot-sdk, the one place that knows the SDK."""

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
    MarkMessagesAsReadByTokenRequest,
    PushMessageRequest,
    ReplyMessageRequest,
    ShowLoadingAnimationRequest,
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

# ValueError: no request could be made, or an error page is not text. A 2xx raises none: _Client.
_UNHEARD = (TimeoutError, OSError, aiohttp.ClientError, ValueError)


class _Reply(ReplyMessageRequest):
    """A reply that is JSON already.

    The SDK's message models cost 3.1 ms CPU a call (four messages, eight references) against
    0.7 ms like this, and its flex models drop keys they do not know.
    """

    def to_dict(self) -> dict[str, Any]:
        """Return the body as it was given."""
        return self.__dict__["body"]


class _Push(PushMessageRequest):
    """A push that is JSON already; see _Reply."""

    def to_dict(self) -> dict[str, Any]:
        """Return the body as it was given."""
        return self.__dict__["body"]


@dataclass(slots=True)
class _Taken:
    """A 2xx as the SDK reads it: a body of any bytes is text."""

    status: int
    data: bytes | str

    def getheader(self, _name: str, default: str | None = None) -> str | None:
        """Name no character set, so that the SDK decodes the body as UTF-8."""
        return default


class _Client(AsyncApiClient):
    """The SDK's client, for which a 2xx is an acceptance whatever its body says.

    Called unheard, the same messages would be sent again by a token that is spent.
    """

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

    def __init__(self, api: AsyncMessagingApi, *, timeout_seconds: float) -> None:
        """Send through the process's one SDK client."""
        self._api = api
        # A float: the SDK's own default is five minutes, and it takes no pair of time-outs.
        self._timeout = timeout_seconds

    async def reply(self, token: str, messages: Sequence[dict[str, Any]]) -> Heard:
        """Send messages by a reply token."""
        request = _Reply.construct(body={"replyToken": token, "messages": list(messages)})
        return await _timed(self._api.reply_message(request, _request_timeout=self._timeout))

    async def push(self, to: str, messages: Sequence[dict[str, Any]], *, retry_key: str) -> Heard:
        """Send messages to a user or a group; the same `retry_key` is never delivered twice."""
        request = _Push.construct(body={"to": to, "messages": list(messages)})
        return await _timed(
            self._api.push_message(request, retry_key, _request_timeout=self._timeout)
        )

    async def show_loading(self, user: str, *, seconds: int) -> Heard:
        """Show a user for some seconds that somebody works."""
        request = ShowLoadingAnimationRequest(chatId=user, loadingSeconds=seconds)
        return await _heard(
            self._api.show_loading_animation(request, _request_timeout=SHORT_TIMEOUT_SECONDS)
        )

    async def language_of(self, user: str) -> str:
        """Return the language (BCP 47) that a user's profile names; empty when nobody knows."""
        profile = await _read(self._api.get_profile(user, _request_timeout=SHORT_TIMEOUT_SECONDS))
        return str(getattr(profile, "language", None) or "")

    async def may_mark_as_read(self) -> bool:
        """Tell whether messages to this account are marked as read by whoever answers them."""
        info = await _read(self._api.get_bot_info(_request_timeout=SHORT_TIMEOUT_SECONDS))
        modes = (getattr(info, "chat_mode", None), getattr(info, "mark_as_read_mode", None))
        return modes == MANUAL

    async def mark_as_read(self, token: str) -> Heard:
        """Show the user that a message was read."""
        request = MarkMessagesAsReadByTokenRequest(markAsReadToken=token)
        return await _heard(
            self._api.mark_messages_as_read_by_token(
                request, _request_timeout=SHORT_TIMEOUT_SECONDS
            )
        )


@asynccontextmanager
async def line_messenger(
    *, base_url: str, token: str, timeout_seconds: float = LINE_TIMEOUT_SECONDS
) -> AsyncGenerator[LineMessenger]:
    """Yield LINE; the SDK's client costs 30 ms to make and wants a running loop: one a process."""
    client = _Client(Configuration(access_token=token, host=base_url))
    await client.rest_client.pool_manager.close()
    client.rest_client.pool_manager = outgoing_session()
    try:
        yield LineMessenger(AsyncMessagingApi(client), timeout_seconds=timeout_seconds)
    finally:
        await client.close()


async def _timed(call: Awaitable[object]) -> Heard:
    began = time.perf_counter()
    heard = await _heard(call)
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


async def _heard(call: Awaitable[object]) -> Heard:
    """Return what LINE said. The SDK's exceptions end here: their text holds tokens."""
    try:
        answer = await call
    except ApiException as error:
        return _rejected(cast("int | None", error.status), cast("str | None", error.body))
    except _UNHEARD:
        return Unheard()
    sent = cast("Sequence[Any]", getattr(answer, "sent_messages", None) or ())
    return Accepted(tuple(str(each.id) for each in sent))


def _rejected(status: int | None, body: str | None) -> Heard:
    if not status:
        return Unheard()
    try:
        said: Any = orjson.loads(body or "")
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
