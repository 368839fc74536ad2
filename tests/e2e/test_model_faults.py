"""A model that fails in every way: tried again as far as that may help, then one apology."""

import asyncio

import pytest

from chassis.testing import poll
from tests.e2e.line_ledger import Shown
from tests.e2e.moments import START_SECONDS
from tests.e2e.world import World, new_tag, new_user, sentence

pytestmark = pytest.mark.e2e

RETRY = "重試"
ATTEMPTS = 3
# Fewer failing calls at once than open the breaker; each group ends with calls that succeed.
GROUPS = {
    "overloaded": {"429": ATTEMPTS, "500": ATTEMPTS, "503": ATTEMPTS},
    "no answer": {"hang": ATTEMPTS, "html": ATTEMPTS},
    "useless": {"empty": ATTEMPTS, "malformed": ATTEMPTS},
    "withheld": {"blocked": 1, "withheld": 1, "truncated": 1},
}
FAILURES_TO_OPEN = 5


def is_apology(answer: Shown) -> bool:
    return "很抱歉" in answer.text and answer.choices[0] == RETRY


async def apologised_then_retried(stormy: World, fault: str, attempts: int) -> None:
    """Act out one fault: one apology, and its quick reply works once the model is well."""
    user, tag = await stormy.translating(new_user()), new_tag()
    stormy.gemini.faults[tag] = fault
    assert is_apology(await stormy.talk(user, sentence(tag))), fault
    await stormy.at_rest()
    assert len(stormy.line.ledger.answers(user)) == 3 + 1, fault
    assert len(stormy.gemini.about(tag)) == attempts, fault
    del stormy.gemini.faults[tag]
    assert tag in (await stormy.talk(user, RETRY)).text, fault
    await stormy.at_rest()
    assert len(stormy.line.ledger.answers(user)) == 3 + 2, fault


@pytest.mark.parametrize("faults", GROUPS.values(), ids=GROUPS.keys())
async def test_a_fault_that_stays_ends_in_one_apology_and_a_retry_that_works(
    stormy: World, faults: dict[str, int]
):
    await asyncio.gather(*(apologised_then_retried(stormy, *each) for each in faults.items()))
    assert stormy.sound()


@pytest.mark.parametrize("fault", ["429", "503", "html", "hang", "empty", "malformed"])
async def test_a_fault_that_passes_is_never_seen(stormy: World, fault: str):
    user, tag = await stormy.translating(new_user()), new_tag()
    stormy.gemini.faults[tag] = [fault]
    assert tag in (await stormy.talk(user, sentence(tag))).text
    await stormy.at_rest()
    assert len(stormy.line.ledger.answers(user)) == 3 + 1


async def test_a_slow_model_only_takes_longer(stormy: World):
    user, tag = await stormy.translating(new_user()), new_tag()
    stormy.gemini.latency = 0.7
    try:
        assert tag in (await stormy.talk(user, sentence(tag))).text
    finally:
        stormy.gemini.latency = 0.0
    await stormy.at_rest()
    assert len(stormy.line.ledger.answers(user)) == 3 + 1


async def test_a_model_that_always_fails_is_left_alone_for_a_while(stormy: World):
    users, tags = [new_user() for _ in range(6)], [new_tag() for _ in range(6)]
    await asyncio.gather(*(stormy.talk(user, "開始", "衛教") for user in users))
    stormy.gemini.faults |= dict.fromkeys(tags[:FAILURES_TO_OPEN], "503")
    topics = [f"氣喘 {tag}" for tag in tags]
    failing = list(zip(users, topics, strict=True))[:FAILURES_TO_OPEN]
    apologies = await asyncio.gather(*(stormy.talk(*each) for each in failing))
    assert all(map(is_apology, apologies))
    assert is_apology(await stormy.talk(users[-1], topics[-1]))
    assert stormy.gemini.about(tags[-1]) == []
    await started_anew(stormy, "education")
    assert tags[-1] in (await stormy.talk(users[-1], RETRY)).text
    await stormy.at_rest()
    assert [len(stormy.line.ledger.answers(user)) for user in users] == [3, 3, 3, 3, 3, 4]


async def started_anew(stormy: World, name: str) -> None:
    """Kill a service and wait until its successor is ready."""
    before = stormy.system.service(name)
    before.kill()
    await poll(
        lambda: any(
            each.pid != before.pid for each in stormy.system.services(name) if each.is_running()
        ),
        START_SECONDS,
        what=name,
    )
    await stormy.system.until_ready()
