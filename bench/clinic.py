"""Upstreams of a whole clinic day, cheap in CPU, that keep nothing of what they have answered."""

import asyncio
import base64
import io
import json
import math
import wave
from array import array
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cache
from itertools import count
from typing import Any

import orjson
from aiosmtpd.smtp import SMTP, Envelope, Session

from bench.standins import Upstreams

RATE = 16_000
SPOKEN_SECONDS = 0.5
LEAFLET = "痛風衛教單張\n\n• 多喝水\n• 規律運動\n• 少吃內臟與海鮮\n\n何時就醫：症狀加重時。"
WORDS = "請問您今天哪裡不舒服，痛了多久？"
NUMBERS = count(1)


class Clinic(Upstreams):
    """LINE with voice messages, and a Gemini that fills schemas, writes leaflets and speaks."""

    def _answer(self, path: str, body: bytes) -> None:
        if "generateContent" in path:
            loop = asyncio.get_running_loop()
            loop.call_later(self.latency, self._send, _generated(body))
        elif path.endswith("/content"):
            self._send(sound(), b"audio/wav")
        elif path.endswith(("/reply", "/push")):
            sent = orjson.loads(body)
            self._send(_shown(len(sent["messages"])))
            self.on_reply(sent)
        elif path.endswith("/info"):
            self._send(
                b'{"userId":"U0","basicId":"@bench","displayName":"MedEdBot",'
                b'"chatMode":"chat","markAsReadMode":"manual"}'
            )
        else:
            self._send(b"{}")


class Postbox:
    """A mail server's handler that takes everything and keeps nothing."""

    async def handle_DATA(self, _: SMTP, __: Session, ___: Envelope) -> str:  # noqa: N802 (the name aiosmtpd calls)
        """Take a mail."""
        return "250 OK"


@asynccontextmanager
async def upstreams() -> AsyncGenerator[tuple[str, int]]:
    """Yield the address of all HTTP upstreams, and the mail server's port."""
    loop = asyncio.get_running_loop()
    async with (
        await loop.create_server(Clinic, "127.0.0.1", 0) as http,
        await loop.create_server(lambda: SMTP(Postbox()), "127.0.0.1", 0) as mail,
    ):
        address = f"http://127.0.0.1:{http.sockets[0].getsockname()[1]}"
        yield address, mail.sockets[0].getsockname()[1]


@cache
def sound() -> bytes:
    """Return a short WAV of a tone."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        turn = 2 * math.pi * 220 / RATE
        samples = (int(8_000 * math.sin(turn * i)) for i in range(int(SPOKEN_SECONDS * RATE)))
        out.writeframes(array("h", samples).tobytes())
    return file.getvalue()


def _shown(messages: int) -> bytes:
    ids = [{"id": str(next(NUMBERS)), "quoteToken": "q"} for _ in range(messages)]
    return json.dumps({"sentMessages": ids}).encode()


def _generated(asked: bytes) -> bytes:
    config = orjson.loads(asked).get("generationConfig", {})
    if config.get("responseModalities") == ["AUDIO"]:
        return _spoken()
    schema = config.get("responseSchema") or config.get("responseJsonSchema")
    return _filled(json.dumps(schema)) if schema else _said(LEAFLET)


@cache
def _spoken() -> bytes:
    data = base64.b64encode(sound()).decode()
    return _candidate({"inlineData": {"mimeType": "audio/wav", "data": data}})


@cache
def _filled(schema: str) -> bytes:
    return _said(json.dumps(_value(json.loads(schema)), ensure_ascii=False))


@cache
def _said(text: str) -> bytes:
    return _candidate({"text": text})


def _candidate(part: dict[str, Any]) -> bytes:
    candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}
    usage = {"promptTokenCount": 10, "candidatesTokenCount": 10, "totalTokenCount": 20}
    answer = {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "bench"}
    return json.dumps(answer).encode()


def _value(schema: dict[str, Any]) -> Any:
    match str(schema.get("type", "")).lower():
        case "object":
            return {name: _value(each) for name, each in schema["properties"].items()}
        case "array":
            return [_value(schema.get("items", {}))]
        case "integer" | "number":
            return 1
        case "boolean":
            return True
        case _:
            return schema["enum"][0] if schema.get("enum") else WORDS
