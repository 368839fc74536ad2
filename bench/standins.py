"""The smallest LINE and Gemini that will do: what a bench measures must not be the stand-in."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

SECRET = "bench-secret"  # noqa: S105 (of a LINE that is not there)
SENTENCE = {"direction": "from_chinese", "plain_chinese": "您哪裡痛？", "translation": "Where?"}


def signed(body: bytes) -> str:
    """Return LINE's signature of a webhook body."""
    return base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()


class Upstreams(asyncio.Protocol):
    """One HTTP/1.1 connection of an SDK: answers by path, at once or after `latency` seconds."""

    latency = 0.0
    on_reply: Callable[[dict[str, Any]], None] = staticmethod(lambda _: None)
    model_calls = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport
        self._data = b""

    def data_received(self, data: bytes) -> None:
        """Answer each request once it is whole."""
        self._data += data
        head, found, rest = self._data.partition(b"\r\n\r\n")
        if not found:
            return
        length = _content_length(head)
        if len(rest) < length:
            return
        self._data = rest[length:]
        self._answer(head.split(b" ", 2)[1].decode(), rest[:length])

    def _answer(self, path: str, body: bytes) -> None:
        if "generateContent" in path:
            type(self).model_calls += 1
            loop = asyncio.get_running_loop()
            loop.call_later(self.latency, self._send, _generated())
        else:
            self._send(b'{"sentMessages":[{"id":"1","quoteToken":"q"}]}')
            if path.endswith(("/reply", "/push")):
                self.on_reply(json.loads(body))

    def _send(self, body: bytes, kind: bytes = b"application/json") -> None:
        head = (
            b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\n"
            b"x-line-request-id: 1\r\ncontent-length: %d\r\n\r\n" % (kind, len(body))
        )
        self._transport.write(head + body)  # pyright: ignore[reportAttributeAccessIssue]


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _generated() -> bytes:
    part = {"text": json.dumps(SENTENCE, ensure_ascii=False)}
    candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}
    usage = {"promptTokenCount": 10, "candidatesTokenCount": 10, "totalTokenCount": 20}
    return json.dumps(
        {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "bench"}
    ).encode()
