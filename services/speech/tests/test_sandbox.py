"""The adapters against the sandbox, which plays LINE, Gemini and the Taigi service."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
import pytest

from chassis.breaker import Breaker
from chassis.gemini import gemini
from chassis.taigi import taigi
from chassis.tests.gemini_server import AT_ONCE
from sandbox.app import create
from sandbox.server import listening
from sandbox.settings import SandboxSettings
from services.speech.gemini_voices import GeminiTranscriber, GeminiVoice
from services.speech.line_content import line_recordings
from services.speech.ports import NoResult
from services.speech.reader import Reader
from services.speech.scribe import Scribe
from services.speech.taigi_voice import TaigiVoice
from services.speech.tests.fakes import FakeObjects
from services.speech.tests.given import asked, text, voice
from services.speech.tests.sounds import WRITERS, heard, tone, written

TOKEN = "token"
ATTEMPT = timedelta(seconds=5)
PASSING = ("status:429", "status:500", "html", "reset")


class Unlimited:
    """A budget without end."""

    async def wait(self, deadline: datetime | None) -> None:
        """Let everybody in."""

    async def hold(self, pause: timedelta) -> None:
        """Hold nobody back."""


@dataclass(frozen=True, slots=True)
class World:
    """The service's two workers with everybody else played."""

    http: httpx.AsyncClient
    scribe: Scribe
    reader: Reader
    objects: FakeObjects

    async def sends(self, data: bytes, words: str, **more: str) -> None:
        asked = {"transcript": words, **more}
        kind = {"content-type": "audio/x-m4a"}
        put = "/sandbox/content/m1"
        answer = await self.http.put(put, params=asked, content=data, headers=kind)
        answer.raise_for_status()

    async def breaks(self, upstream: str, mode: str, count: int | None) -> None:
        fault = {"upstream": upstream, "mode": mode, "count": count}
        (await self.http.post("/sandbox/faults", json=fault)).raise_for_status()


def _patient(upstream: str) -> Breaker:
    return Breaker(upstream, failures=1_000)


@pytest.fixture(scope="module")
async def served() -> AsyncGenerator[World]:
    told = SandboxSettings(
        gateway_url="http://gateway.test", channel_secret="s", channel_access_token=TOKEN
    )
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        _, url = await enter(listening(create(told), "127.0.0.1", 0))
        opened = [
            await enter(
                gemini(
                    api_key="key",
                    base_url=url,
                    model=model,
                    attempt_timeout=ATTEMPT,
                    backoff=AT_ONCE,
                    breaker=_patient("gemini"),
                )
            )
            for model in ("gemini-3.8-flash", "gemini-3.8-flash-lite-tts")
        ]
        recordings = await enter(
            line_recordings(
                base_url=url,
                token=TOKEN,
                attempt_timeout=ATTEMPT,
                backoff=AT_ONCE,
                breaker=_patient("line_content"),
                poll_seconds=0.05,
            )
        )
        spoken = await enter(
            taigi(
                base_url=f"{url}/taigi",
                attempt_timeout=ATTEMPT,
                backoff=AT_ONCE,
                breaker=_patient("taigi"),
            )
        )
        objects = FakeObjects()
        yield World(
            await enter(httpx.AsyncClient(base_url=url, trust_env=False)),
            Scribe(recordings, GeminiTranscriber(opened[0]), objects),
            Reader(GeminiVoice(opened[1], lambda _: Unlimited()), TaigiVoice(spoken), objects),
            objects,
        )


@pytest.fixture
async def world(served: World) -> World:
    (await served.http.post("/sandbox/reset")).raise_for_status()
    served.objects.kept.clear()
    return served


@pytest.mark.parametrize("ending", [each for each in WRITERS if each != "webm"])
async def test_each_kind_of_recording_is_written_down(world: World, ending: str):
    await world.sends(written(ending), "我肚子痛")
    made = await world.scribe.write_down(asked(voice()))
    assert made.transcript.text == "我肚子痛"
    assert made.object_key.endswith(f".{ending}")


async def test_a_recording_that_is_being_prepared_is_waited_for(world: World):
    await world.sends(tone(0.5), "我肚子痛", ready_in="0.2")
    assert (await world.scribe.write_down(asked(voice()))).transcript.text == "我肚子痛"


@pytest.mark.parametrize(
    ("words", "state", "reason"),
    [
        ("", "ready", "empty"),
        ("我肚子痛", "failed", "rejected"),
        ("我肚子痛", "unsent", "gone"),
    ],
)
async def test_what_cannot_be_written_down_has_its_reason(
    world: World, words: str, state: str, reason: str
):
    await world.sends(tone(0.5), words, state=state)
    with pytest.raises(NoResult) as failed:
        await world.scribe.write_down(asked(voice()))
    assert failed.value.reason == reason


@pytest.mark.parametrize("language", ["英文", "台語"])
async def test_a_text_is_read_aloud_and_no_direction_with_it(world: World, language: str):
    made = await world.reader.read_aloud(asked(text("不要吃", language)))
    ((data, _),) = world.objects.kept.values()
    assert 300 < made.duration_ms < 3_000
    assert abs(heard(data) - made.duration_ms / 1_000) <= 0.1


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("upstream", ["content", "stt", "tts", "taigi"])
async def test_a_fault_that_passes_goes_unseen_and_one_that_stays_is_unavailable(
    world: World, upstream: str, fault: str
):
    await world.sends(tone(0.5), "我肚子痛")
    await world.breaks(upstream, fault, 2)
    assert await _asked(world, upstream) is None
    await world.breaks(upstream, fault, None)
    assert await _asked(world, upstream) == "unavailable"


@pytest.mark.parametrize(
    ("upstream", "fault", "reason"),
    [
        ("stt", "blocked", "blocked"),
        ("stt", "truncated", "malformed"),
        ("stt", "quota", "unavailable"),
        ("tts", "blocked", "blocked"),
        ("tts", "empty", "empty"),
        ("tts", "truncated", "malformed"),
        ("tts", "quota", "unavailable"),
        ("taigi", "garbage", "unavailable"),
        ("taigi", "empty", "unavailable"),
        ("content", "empty", "empty"),
        ("content", "status:403", "unavailable"),
    ],
)
async def test_a_fault_that_stays_has_its_reason(
    world: World, upstream: str, fault: str, reason: str
):
    await world.sends(tone(0.5), "我肚子痛")
    await world.breaks(upstream, fault, None)
    assert await _asked(world, upstream) == reason


async def _asked(world: World, upstream: str) -> str | None:
    """Return why nothing was made; None when something was."""
    language = "台語" if upstream == "taigi" else "英文"
    try:
        if upstream in {"content", "stt"}:
            await world.scribe.write_down(asked(voice()))
        else:
            await world.reader.read_aloud(asked(text("不要吃", language, "m7 thang1")))
    except NoResult as failed:
        return failed.reason
    return None
