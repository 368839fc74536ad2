"""The fake interpreter and the real one, against the sandbox's Gemini, pass one suite."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Protocol

import httpx
import pytest

from chassis.breaker import Breaker
from chassis.gemini import gemini
from chassis.resilience import Backoff
from contracts.education import FailureReason
from sandbox.app import create
from sandbox.server import listening
from sandbox.settings import SandboxSettings
from services.translation.adapters import GeminiTranslator
from services.translation.ports import NoTranslation, Translator
from services.translation.tests.fakes import FakeTranslator

AT_ONCE = Backoff(first=timedelta(0), longest=timedelta(0), jitter=timedelta(0))
REASONS: dict[str, FailureReason] = {
    "status:400": "rejected",
    "status:401": "unavailable",
    "status:403": "unavailable",
    "status:429": "unavailable",
    "status:500": "unavailable",
    "status:503": "unavailable",
    "html": "unavailable",
    "reset": "unavailable",
    "hang": "unavailable",
    "blocked": "blocked",
    "empty": "empty",
    "truncated": "malformed",
}


class World(Protocol):
    """An interpreter and the faults of what is behind it."""

    @property
    def translator(self) -> Translator:
        """The interpreter."""
        ...

    async def break_with(self, fault: str, count: int | None) -> None:
        """Let what is behind misbehave."""
        ...


class FakeWorld:
    """No outside at all."""

    def __init__(self) -> None:
        self.translator = FakeTranslator()

    async def break_with(self, fault: str, count: int | None) -> None:
        if count is None:
            self.translator.reason = REASONS[fault]


class SandboxWorld:
    """The sandbox's Gemini over HTTP."""

    def __init__(self, translator: Translator, http: httpx.AsyncClient) -> None:
        self.translator = translator
        self.http = http

    async def break_with(self, fault: str, count: int | None) -> None:
        body = {"upstream": "gemini", "mode": fault, "count": count}
        (await self.http.post("/sandbox/faults", json=body)).raise_for_status()

    async def calls(self) -> int:
        return (await self.http.get("/sandbox/model-calls")).json()["count"]


@pytest.fixture(scope="module")
async def address() -> AsyncGenerator[str]:
    told = SandboxSettings(
        gateway_url="http://gateway.test", channel_secret="s", channel_access_token="t"
    )
    async with listening(create(told), "127.0.0.1", 0) as (_, address):
        yield address


@pytest.fixture(scope="module")
async def served(address: str) -> AsyncGenerator[SandboxWorld]:
    async with (
        gemini(
            api_key="key",
            base_url=address,
            model="gemini-test",
            attempt_timeout=timedelta(seconds=1),
            backoff=AT_ONCE,
            breaker=Breaker("gemini", failures=1_000),
        ) as model,
        httpx.AsyncClient(base_url=address, trust_env=False) as http,
    ):
        yield SandboxWorld(GeminiTranslator(model), http)


@pytest.fixture
async def sandbox(served: SandboxWorld) -> SandboxWorld:
    (await served.http.post("/sandbox/reset")).raise_for_status()
    return served


@pytest.fixture(params=["fake", "sandbox"])
def world(request: pytest.FixtureRequest, sandbox: SandboxWorld) -> World:
    return FakeWorld() if request.param == "fake" else sandbox


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=30)


async def test_a_sentence_comes_back_in_both(world: World):
    made = await world.translator.translate("今天晚上十二點以後不要吃東西", "英文", soon())
    assert made.direction == "from_chinese"
    assert made.plain
    assert made.translation
    assert made.model
    assert made.prompt == "translate.v1"
    assert made.input_tokens > 0


@pytest.mark.parametrize("fault", REASONS)
async def test_a_fault_that_stays_is_a_failure_with_its_reason(world: World, fault: str):
    await world.break_with(fault, None)
    with pytest.raises(NoTranslation) as failed:
        await world.translator.translate("空腹", "英文", soon())
    assert failed.value.reason == REASONS[fault]


@pytest.mark.parametrize("fault", ["status:429", "status:500", "status:503", "html", "reset"])
async def test_a_fault_that_passes_goes_unseen(world: World, fault: str):
    await world.break_with(fault, 2)
    assert (await world.translator.translate("空腹", "英文", soon())).translation


async def test_after_its_deadline_a_request_is_late(world: World):
    with pytest.raises(NoTranslation) as late:
        await world.translator.translate("空腹", "英文", datetime.now(UTC))
    assert late.value.reason == "late"


async def test_a_sentence_costs_one_call_of_the_model(sandbox: SandboxWorld):
    await sandbox.translator.translate("空腹", "英文", soon())
    assert await sandbox.calls() == 1


async def test_a_patient_s_own_words_are_put_into_chinese(sandbox: SandboxWorld):
    made = await sandbox.translator.translate("ปวดท้อง 3 วัน", "泰文", soon())
    assert made.direction == "into_chinese"
