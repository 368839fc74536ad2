"""Two systems serve most journeys: one left in peace, one whose servers and upstreams fail."""

from collections.abc import AsyncGenerator

import pytest

from tests.e2e.world import World, world

IMPATIENT: dict[str, str] = dict.fromkeys(
    ("GEMINI_TIMEOUT", "STT_TIMEOUT", "TTS_TIMEOUT", "TAIGI_TIMEOUT"), "1"
)


@pytest.fixture(scope="session")
async def calm(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    """Run a system with every variable set, on stand-ins that answer."""
    async with world(tmp_path_factory.mktemp("calm")) as made:
        yield made


@pytest.fixture(scope="session")
async def stormy(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    """Run a system that gives every upstream a second and meets every fault."""
    async with world(tmp_path_factory.mktemp("stormy"), IMPATIENT) as made:
        yield made
