"""The fake writer and the real one, against the sandbox's Gemini, pass one suite."""

from collections.abc import AsyncGenerator, Awaitable, Callable
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
from services.education.adapters import GeminiWriter
from services.education.ports import Leaflet, NoLeaflet, Writer
from services.education.tests.fakes import FakeWriter

AT_ONCE = Backoff(first=timedelta(0), longest=timedelta(0), jitter=timedelta(0))
REASONS: dict[str, FailureReason] = {
    "status:400": "rejected",
    "status:404": "unavailable",
    "status:429": "unavailable",
    "status:503": "unavailable",
    "html": "unavailable",
    "reset": "unavailable",
    "hang": "unavailable",
    "blocked": "blocked",
    "empty": "empty",
    "truncated": "malformed",
}
Task = Callable[[Writer, datetime], Awaitable[Leaflet]]
TASKS: dict[str, Task] = {
    "leaflet.v1": lambda writer, by: writer.write("糖尿病", by),
    "modify_leaflet.v1": lambda writer, by: writer.revise("糖尿病\n多喝水", "縮短", by),
    "translate_leaflet.v1": lambda writer, by: writer.translate("糖尿病\n多喝水", "英文", by),
}


class World(Protocol):
    """A writer and the faults of what is behind it."""

    @property
    def writer(self) -> Writer:
        """The writer."""
        ...

    async def break_with(self, fault: str, count: int | None) -> None:
        """Let what is behind misbehave."""
        ...


class FakeWorld:
    """No outside at all."""

    def __init__(self) -> None:
        self.writer = FakeWriter()

    async def break_with(self, fault: str, count: int | None) -> None:
        if count is None:
            self.writer.reason = REASONS[fault]


class SandboxWorld:
    """The sandbox's Gemini over HTTP."""

    def __init__(self, writer: Writer, http: httpx.AsyncClient) -> None:
        self.writer = writer
        self.http = http

    async def break_with(self, fault: str, count: int | None) -> None:
        body = {"upstream": "gemini", "mode": fault, "count": count}
        (await self.http.post("/sandbox/faults", json=body)).raise_for_status()


@pytest.fixture(scope="module")
async def served() -> AsyncGenerator[SandboxWorld]:
    told = SandboxSettings(
        gateway_url="http://gateway.test", channel_secret="s", channel_access_token="t"
    )
    async with (
        listening(create(told), "127.0.0.1", 0) as (_, address),
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
        yield SandboxWorld(GeminiWriter(model), http)


@pytest.fixture
async def sandbox(served: SandboxWorld) -> SandboxWorld:
    (await served.http.post("/sandbox/reset")).raise_for_status()
    return served


@pytest.fixture(params=["fake", "sandbox"])
def world(request: pytest.FixtureRequest, sandbox: SandboxWorld) -> World:
    return FakeWorld() if request.param == "fake" else sandbox


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=30)


@pytest.mark.parametrize("prompt", TASKS)
async def test_each_task_gives_a_text_and_says_what_made_it(world: World, prompt: str):
    made = await TASKS[prompt](world.writer, soon())
    assert made.text
    assert made.prompt == prompt
    assert made.model
    assert made.output_tokens > 0


async def test_a_leaflet_comes_with_its_sources(world: World):
    made = await world.writer.write("糖尿病", soon())
    assert made.references
    assert all(reference.url.startswith("https://") for reference in made.references)
    assert all(reference.title for reference in made.references)


@pytest.mark.parametrize("fault", REASONS)
async def test_a_fault_that_stays_is_a_failure_with_its_reason(world: World, fault: str):
    await world.break_with(fault, None)
    with pytest.raises(NoLeaflet) as failed:
        await world.writer.write("糖尿病", soon())
    assert failed.value.reason == REASONS[fault]


@pytest.mark.parametrize("fault", ["status:500", "status:503", "html", "reset", "empty"])
async def test_a_fault_that_passes_goes_unseen(world: World, fault: str):
    await world.break_with(fault, 2)
    assert (await world.writer.write("糖尿病", soon())).text


@pytest.mark.parametrize("prompt", TASKS)
async def test_after_its_deadline_a_request_is_late(world: World, prompt: str):
    with pytest.raises(NoLeaflet) as late:
        await TASKS[prompt](world.writer, datetime.now(UTC))
    assert late.value.reason == "late"


async def test_a_leaflet_for_phones_holds_no_markdown(sandbox: SandboxWorld):
    made = await sandbox.writer.write("高血壓", soon())
    assert "**" not in made.text
    assert "•" in made.text
