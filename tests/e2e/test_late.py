"""Answers that outlast the reply token: word of the work first, then one answer."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from chassis.testing import poll
from tests.e2e.audit import recorded
from tests.e2e.line_ledger import Shown
from tests.e2e.moments import PATIENCE_SECONDS
from tests.e2e.webhooks import Said
from tests.e2e.world import World, new_tag, new_user, sentence, world

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SHOW = "看結果"
HELD = "conversation.answer_held"
LENT = 2
"""So many answers find a tap's token waiting for them."""
PATIENT = {"GEMINI_TIMEOUT": "100"}


@pytest.fixture(scope="module")
async def patient(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    """Run a system that lets the model think for long."""
    async with world(tmp_path_factory.mktemp("patient"), PATIENT) as made:
        yield made


async def told(world: World, user: str, tag: str) -> tuple[Said, Shown]:
    """Let a user ask what takes long, and wait for word of the work."""
    said = await world.say(user, sentence(tag))
    (word,) = await world.answered(said)
    assert SHOW in word.choices
    assert tag not in word.text
    return said, word


async def answer_to(world: World, tag: str) -> Shown:
    """Wait for the one answer that holds a tag."""
    about = world.line.ledger.about
    await poll(lambda: about(tag), PATIENCE_SECONDS, what=f"the answer to {tag}")
    return about(tag)[0]


async def test_late_answers_come_once_by_the_way_that_is_there(patient: World):
    ways = ["tap before", "typed before", "tap after", "no tap", "another message"]
    users = {way: await patient.translating(new_user()) for way in ways}
    tags = {way: new_tag() for way in ways}
    patient.gemini.hold()
    words = dict(
        zip(
            ways,
            await asyncio.gather(*(told(patient, users[way], tags[way]) for way in ways)),
            strict=True,
        )
    )
    data = {way: word.postbacks[SHOW] for way, (_, word) in words.items()}
    before = await patient.tap(users["tap before"], data["tap before"])
    typed = await patient.say(users["typed before"], SHOW)
    url = patient.system.database_url
    made = await recorded(url, HELD)
    patient.gemini.release()

    async def are_held() -> bool:
        return await recorded(url, HELD) == made + len(ways) - LENT

    await poll(are_held, PATIENCE_SECONDS, what="answers that wait for a tap")
    after = await patient.tap(users["tap after"], data["tap after"])
    other = await patient.say(users["another message"], "說明")
    shown = {way: await answer_to(patient, tags[way]) for way in ways}
    await patient.answered(after, other)
    await patient.at_rest()
    assert {way: each.kind for way, each in shown.items()} == {
        "tap before": "reply",
        "typed before": "reply",
        "tap after": "reply",
        "no tap": "push",
        "another message": "push",
    }
    proofs = [shown[way].proof for way in ways[:3]]
    assert proofs == [before.token, typed.token, after.token]
    answers = {way: patient.line.ledger.answers(users[way])[3:] for way in ways}
    assert [len(answers[way]) for way in ways] == [2, 2, 2, 2, 3]
    assert answers["another message"][-1].proof == other.token
    assert patient.sound()
    again = await patient.tap(users["tap before"], data["tap before"])
    (nothing,) = await patient.answered(again)
    assert tags["tap before"] not in nothing.text
