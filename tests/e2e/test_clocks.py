"""Clocks that jump by an hour, of one service or of all: answered once, in order, in time."""

import asyncio
import json
import os
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.history import assert_sound
from tests.e2e.system import ROOT
from tests.e2e.world import World, new_tag, new_user, sentence, world

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

HOUR = 3600
USERS = 4
CLOCKS = Path(__file__).parent / "clocks"
EVERYBODY = ""


@dataclass(frozen=True, slots=True)
class Timepieces:
    """A system whose clocks can be moved while it runs."""

    world: World
    file: Path

    def move(self, service: str, seconds: int) -> None:
        """Let a service's clock, or all of them, be off by so much."""
        draft = self.file.with_suffix(".new")
        draft.write_text(json.dumps({service: seconds}))
        draft.replace(self.file)


@pytest.fixture(scope="module")
async def timepieces(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Timepieces]:
    """Run a system of its own."""
    folder = tmp_path_factory.mktemp("timepieces")
    file = folder / "clocks.json"
    file.write_text("{}")
    settings = {"PYTHONPATH": os.pathsep.join(map(str, (CLOCKS, ROOT))), "CLOCKS": str(file)}
    async with world(folder, settings) as made:
        yield Timepieces(made, file)


async def three_sentences(made: World, user: str) -> None:
    """Let a user say three sentences and see each answered once, in their order."""
    tags = [new_tag() for _ in range(3)]
    for tag in tags:
        await made.say(user, sentence(tag))
    await made.at_rest()
    answers = [each for each in made.line.ledger.answers(user) if any(t in each.text for t in tags)]
    assert [tag for each in answers for tag in tags if tag in each.text] == tags


@pytest.mark.parametrize(
    "service", [EVERYBODY, "gateway", "conversation", "translation", "notifier"]
)
async def test_a_clock_an_hour_off_costs_no_answer(timepieces: Timepieces, service: str):
    made = timepieces.world
    users = await asyncio.gather(*(made.translating(new_user()) for _ in range(USERS)))
    for seconds in (HOUR, 0, -HOUR, 0):
        timepieces.move(service, seconds)
        await asyncio.gather(*(three_sentences(made, user) for user in users))
    assert {len(made.line.ledger.answers(user)) for user in users} == {3 + 4 * 3}


async def test_a_clock_that_jumps_amid_work_costs_no_answer(timepieces: Timepieces):
    made = timepieces.world
    for seconds in (HOUR, -HOUR):
        user, tag = await made.translating(new_user()), new_tag()
        made.gemini.hold()
        await made.say(user, sentence(tag))
        await made.at_work()
        timepieces.move(EVERYBODY, seconds)
        made.gemini.release()
        await made.at_rest()
        timepieces.move(EVERYBODY, 0)
        assert len(made.line.ledger.answers(user)) == 3 + 1
    await assert_sound(made)
