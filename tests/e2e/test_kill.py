"""Everything killed at once, everything started again: nobody notices but by the wait."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from time import monotonic

import pytest

from chassis.testing import poll
from tests.e2e.audit import gaps, misfolded
from tests.e2e.history import assert_sound
from tests.e2e.moments import PATIENCE_SECONDS
from tests.e2e.webhooks import Said
from tests.e2e.world import World, new_tag, new_user, sentence, world

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.chaos]

USERS = 50
LATENCY_SECONDS = 1.5
DEATHS = 10
TOO_SLOW_SECONDS = 40.0
"""A token tells for 50 s whether it was used; then an answer in doubt is pushed (decision 5)."""
LANGUAGES = ("英文", "日文", "越南文", "印尼文", "泰文")


@dataclass(frozen=True, slots=True)
class Moment:
    """When to kill: so many sentences are with the model, so many answers were shown."""

    asked: int
    shown: int

    def is_come(self, mortal: World, tags: Sequence[str]) -> bool:
        """Tell whether the sentences with these tags have got so far."""
        asked = {call.tag for call in mortal.gemini.calls}
        shown = {tag for tag in tags if tag in asked and mortal.line.ledger.about(tag)}
        return len(asked.intersection(tags)) >= self.asked and len(shown) >= self.shown


# All with the model, some still at the door, some answers on their way.
MOMENTS = (Moment(USERS, 0), Moment(USERS // 2, 0), Moment(USERS, USERS // 3))


@pytest.fixture(scope="module")
async def mortal(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    """Run a system of its own: it is going to be killed."""
    async with world(tmp_path_factory.mktemp("mortal")) as made:
        yield made


async def fifty_translating(mortal: World) -> dict[str, str]:
    """Return fifty users in translation mode and the language each has chosen."""
    chosen = {new_user(): LANGUAGES[number % len(LANGUAGES)] for number in range(USERS)}
    await asyncio.gather(*(mortal.translating(user, lang) for user, lang in chosen.items()))
    return chosen


def sending(mortal: World, said: Sequence[Said]) -> list[asyncio.Task[list[int | None]]]:
    """Start what LINE does: each message is delivered again and again until there is a 200."""
    return [asyncio.create_task(mortal.platform.deliver(each)) for each in said]


async def kill_and_restart(mortal: World) -> float:
    """Kill every process, start again on the same folder and port; return how long that took."""
    killed_at = monotonic()
    await mortal.system.kill()
    await mortal.start()
    return monotonic() - killed_at


async def all_answered(mortal: World, tags: Sequence[str]) -> None:
    """Wait until each sentence is answered and nothing is left to be done."""
    ledger, what = mortal.line.ledger, f"{len(tags)} answers"
    await poll(lambda: all(ledger.about(tag) for tag in tags), 2 * PATIENCE_SECONDS, what=what)
    await mortal.at_rest()


def each_answered_once(mortal: World, users: Sequence[str], tags: Sequence[str]) -> None:
    """Assert that each user saw the answer to their own sentence, once."""
    shown = [mortal.line.ledger.about(tag) for tag in tags]
    doubled = [[(each.kind, each.at) for each in copies] for copies in shown if len(copies) > 1]
    assert doubled == []
    assert [[each.user for each in copies] for copies in shown] == [[user] for user in users]


async def languages_are_known(mortal: World, chosen: dict[str, str]) -> None:
    """Let each user send one more sentence, and see that it is put into their language."""

    async def one_more(user: str, language: str) -> None:
        tag = new_tag()
        assert tag in (await mortal.talk(user, sentence(tag))).text
        (call,) = mortal.gemini.about(tag)
        assert f'"{language}"' in call.text

    await asyncio.gather(*(one_more(user, language) for user, language in chosen.items()))


async def the_log_is_whole(mortal: World) -> None:
    """Assert that what stands in the log and what users saw keeps every promise."""
    await mortal.at_rest()
    assert await gaps(mortal.system.database_url) == []
    conversations, wrong = await misfolded(mortal.system.database_url)
    assert conversations >= USERS
    assert wrong == []
    await assert_sound(mortal)


async def test_fifty_sentences_survive_each_of_ten_deaths_of_everything(mortal: World):
    chosen = await fifty_translating(mortal)
    mortal.gemini.latency = LATENCY_SECONDS
    tags: list[str] = []
    deliveries: list[asyncio.Task[list[int | None]]] = []
    restarts: list[float] = []
    for moment in islice(cycle(MOMENTS), DEATHS):
        new = {user: new_tag() for user in chosen}
        said = [mortal.platform.message(user, sentence(tag)) for user, tag in new.items()]
        deliveries += sending(mortal, said)
        tags += new.values()
        await poll(partial(moment.is_come, mortal, list(new.values())), PATIENCE_SECONDS)
        restarts.append(await kill_and_restart(mortal))
    statuses = await asyncio.gather(*deliveries)
    assert {attempts[-1] for attempts in statuses} == {200}
    await all_answered(mortal, tags)
    if max(restarts) > TOO_SLOW_SECONDS:
        pytest.skip(f"a restart took {max(restarts):.0f} s here: reply tokens ran out in doubt")
    each_answered_once(mortal, [*chosen] * DEATHS, tags)
    mortal.gemini.latency = 0.0
    await languages_are_known(mortal, chosen)
    assert mortal.sound(), mortal.line.ledger.refused
    await the_log_is_whole(mortal)
