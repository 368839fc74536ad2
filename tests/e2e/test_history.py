"""The history checker over a real run: sound as it is, and red as soon as anything is spoilt."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from random import Random

import pytest
from msgspec.structs import replace as changed

from cli.history.check import Judgement, Standards, judge
from cli.history.records import Call, History
from cli.history.report import report
from cli.history.tests.mutations import MUTATIONS
from tests.e2e.history import NONCE, assert_sound, history_of, only
from tests.e2e.world import World, new_tag, new_user, sentence, world

pytestmark = pytest.mark.e2e

# Nothing is mailed here, and whoever is asked for both modes has no free hand for these.
ELSEWHERE = {"a mail was sent twice", "a mail on record was never taken"}


@pytest.fixture(scope="module")
async def watched(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    """Run a system whose history is short."""
    async with world(tmp_path_factory.mktemp("watched")) as made:
        yield made


@pytest.fixture(scope="module")
async def run(watched: World) -> History:
    """Let two users write in both modes; return the history of that."""
    users = [await watched.translating(new_user()) for _ in range(2)]
    for user in users:
        for _ in range(2):
            await watched.talk(user, sentence(new_tag()))
        await watched.talk(user, "新對話", "衛教", f"高血壓 {new_tag()}")
    return only(await history_of(watched), *users)


def judged(run: History) -> Judgement:
    return judge(run, Standards(nonce=NONCE))


async def test_a_real_run_is_sound(watched: World, run: History):
    await assert_sound(watched)
    found = judged(run)
    assert found.broken == [], "\n".join(report(found))


@pytest.mark.parametrize("name", sorted(MUTATIONS.keys() - ELSEWHERE))
async def test_a_real_run_that_was_spoilt_is_found_broken(run: History, name: str):
    mutation = MUTATIONS[name]
    for seed in range(3):
        spoilt = mutation.spoil(run, Random(seed))  # noqa: S311 (what is spoilt is no secret)
        assert spoilt is not None
        assert mutation.breaks <= set(judged(spoilt).broken), seed


async def test_answers_that_were_swapped_between_users_are_found(run: History):
    with_tags = [call for call in run.calls or () if "tag-" in call.text]
    one = with_tags[0]
    other = next(call for call in with_tags if call.chat != one.chat)
    swapped = {one.ids: other.messages, other.ids: one.messages}

    def spoilt(call: Call) -> Call:
        return changed(call, messages=swapped.get(call.ids, call.messages))

    found = judged(replace(run, calls=[spoilt(call) for call in run.calls or ()]))
    assert found.broken == ["I3"]
    assert {finding.what for finding in found.findings} == {
        "an answer holds what somebody else said"
    }
