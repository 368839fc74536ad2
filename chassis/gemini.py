"""Gemini through google-genai: one client a process, one guard, answers read by ourselves.

The body of a request is made here, not by the SDK's models: converting a question of one content
through them costs 3 ms of CPU, more than all the rest of a translation. The SDK does what it does
below its models: addresses, credentials, errors, the connection.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import orjson
from google import genai
from google.genai import errors, types

from chassis import metrics
from chassis.breaker import Breaker
from chassis.errors import Unavailable
from chassis.gemini_failures import (
    Disconnected,
    Empty,
    Garbled,
    Malformed,
    ModelFailed,
    Rejected,
    read_error,
)
from chassis.gemini_reading import Generated, read_answer, read_fields
from chassis.gemini_speech import Sound, Spoken, as_part, read_spoken
from chassis.outgoing import outgoing_session
from chassis.resilience import DEFAULT_BACKOFF, Alarm, Backoff, Budget, Guard, TooLate
from chassis.telemetry import get_logger, span
from contracts.education import FailureReason

UPSTREAM = "gemini"
OUTPUT_TOKENS = 5_000
Contents = list[dict[str, Any]]
Send = Callable[[str, str, dict[str, object]], Awaitable[types.HttpResponse]]
"""The SDK's request by method, path and body: its own time-out, credentials and errors."""
log = get_logger()


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one kind of question is put to the model, prepared once."""

    body: Mapping[str, Any]
    structured: bool = False
    needed: tuple[str, ...] = ()


def recipe(
    system: str,
    *,
    schema: Mapping[str, Any] | None = None,
    needed: tuple[str, ...] = (),
    searching: bool = False,
) -> Recipe:
    """Prepare a kind of question: its instruction, and either a schema or a search on the web.

    An answer without words in one of the `needed` fields is asked for again.
    """
    settings: dict[str, Any] = {"maxOutputTokens": OUTPUT_TOKENS}
    if schema:
        settings |= {"responseMimeType": "application/json", "responseSchema": schema}
    body: dict[str, Any] = {
        "systemInstruction": {"parts": [{"text": system}]},
        "generationConfig": settings,
    }
    if searching:
        body["tools"] = [{"googleSearch": {}}]
    return Recipe(body, structured=schema is not None, needed=needed)


def speech_recipe(voice: str) -> Recipe:
    """Prepare reading aloud in a voice of the model's.

    Nothing else is set: the models of 3.x refuse temperature, top_p and top_k for speech.
    """
    spoken_by = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": voice}}}
    settings = {"responseModalities": ["AUDIO"], "speechConfig": spoken_by}
    return Recipe({"generationConfig": settings})


class Gemini:
    """Asks the model; every question passes the guard."""

    def __init__(self, send: Send, guard: Guard, *, model: str) -> None:
        """Ask `model` through an open client's `send`; `gemini` opens one."""
        self.model = model
        self._send = send
        self._path = f"{model if '/' in model else f'models/{model}'}:generateContent"
        self._guard = guard

    async def ask(
        self,
        how: Recipe,
        data: Mapping[str, str],
        *,
        deadline: datetime | None = None,
        sound: Sound | None = None,
    ) -> Generated:
        """Return the model's answer to `data`; a ModelFailed or Unavailable where there is none.

        The user's words travel as JSON in a part of their own: data, never instructions. So does
        a recording, `sound`.
        """
        text = orjson.dumps(dict(data)).decode()
        contents: Contents = [{"role": "user", "parts": [{"text": text}]}]
        if sound is not None:
            contents = await asyncio.to_thread(_with_sound, contents, sound)
        with span("generate_content", model=self.model):
            said = await self._guard.call(lambda: self._once(how, contents), deadline=deadline)
        _count(said)
        return said

    async def speak(
        self,
        how: Recipe,
        text: str,
        *,
        deadline: datetime | None = None,
        budget: Budget | None = None,
    ) -> Spoken:
        """Return a text read aloud; a ModelFailed or Unavailable where it is not.

        `budget` takes the place of the guard's own.
        """
        contents: Contents = [{"role": "user", "parts": [{"text": text}]}]
        with span("generate_content", model=self.model):
            said = await self._guard.call(
                lambda: self._aloud(how, contents), deadline=deadline, budget=budget
            )
        _count(said)
        return said

    async def _once(self, how: Recipe, contents: Contents) -> Generated:
        said = read_answer(await self._body(how, contents))
        fields = read_fields(said.text, how.needed) if how.structured else said.fields
        return replace(said, fields=fields, model_version=said.model_version or self.model)

    async def _aloud(self, how: Recipe, contents: Contents) -> Spoken:
        body = await self._body(how, contents)
        said = await asyncio.to_thread(read_spoken, body)  # a minute of speech is 4 MB of JSON
        return replace(said, model_version=said.model_version or self.model)

    async def _body(self, how: Recipe, contents: Contents) -> str:
        try:
            answer = await self._send("post", self._path, {**how.body, "contents": contents})
        except errors.APIError as error:
            raise self._translated(error) from None  # its text may repeat the key or the prompt
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise Garbled("the body is not JSON") from None
        except TimeoutError:
            raise
        except (aiohttp.ClientError, OSError) as error:
            raise Disconnected(type(error).__name__) from None
        return answer.body or ""

    def _translated(self, error: errors.APIError) -> Exception:
        ours = read_error(error.code, error.details)
        if isinstance(ours, Rejected):
            log.error("gemini_rejected_request", status=error.code, model=self.model)
        return ours


def _with_sound(contents: Contents, sound: Sound) -> Contents:
    """Return a question with a recording before its words."""
    (content,) = contents
    return [{**content, "parts": [as_part(sound), *content["parts"]]}]


def _count(said: Generated | Spoken) -> None:
    metrics.TOKENS.labels("input").inc(said.input_tokens)
    metrics.TOKENS.labels("output").inc(said.output_tokens)


@asynccontextmanager
async def gemini(  # noqa: PLR0913 (named options of one client)
    *,
    api_key: str,
    base_url: str,
    model: str,
    attempt_timeout: timedelta,
    backoff: Backoff = DEFAULT_BACKOFF,
    breaker: Breaker | None = None,
    budget: Budget | None = None,
    alarm: Alarm | None = None,
    upstream: str = UPSTREAM,
) -> AsyncGenerator[Gemini]:
    """Open the process's one client; building it takes 0.2 s of CPU and calls nobody.

    Every attempt waits for its turn in `budget`; `alarm` is told when a quota is used up for today.
    `upstream` is the name of its guard, for a model that fails apart from the others.
    """
    guard = Guard(
        upstream=upstream,
        timeout=attempt_timeout,
        ask_again_on=(Empty, Malformed),
        backoff=backoff,
        breaker=breaker,
        budget=budget,
        alarm=alarm,
    )
    async with outgoing_session() as session:
        options = types.HttpOptions(
            base_url=base_url,
            timeout=int(attempt_timeout.total_seconds() * 1000),
            # Without it the SDK makes a retry of its own after 1 to 10 s, past any time-out.
            retry_options=types.HttpRetryOptions(attempts=1),
            aiohttp_client=session,
        )
        client = genai.Client(vertexai=False, api_key=api_key, http_options=options)
        try:
            # Below its models nothing of the SDK is public; its version is pinned, and tests ask
            # a server through this.
            send = client.aio._api_client.async_request  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
            yield Gemini(send, guard, model=model)
        finally:
            await client.aio.aclose()
            client.close()


def failure_reason(error: ModelFailed | Unavailable) -> FailureReason:
    """Return what an event says of a question that got no answer."""
    match error:
        case ModelFailed():
            return error.reason
        case TooLate():
            return "late"
        case _:
            return "unavailable"
