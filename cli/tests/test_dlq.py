"""Dead letters from a terminal, on the servers of the environment or of `up`."""

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nats as nats_py
import pytest

from chassis.bus.wire import Packer
from chassis.database import open_pool
from chassis.errors import StartupRefused
from chassis.journal import Journal
from chassis.letters_shown import age
from chassis.testing import Database
from chassis.tests.logged import WORDS, a_stream, asked, erasure, event_log
from cli.bus import nats_url
from cli.embedded.nats import nats_server
from cli.main import EXIT_REFUSED, run
from contracts.base import CloudEvent
from contracts.catalogue import SUBJECTS
from contracts.subjects import DEAD_PREFIX, TRANSLATION_REQUESTED, TRANSLATION_TRANSLATE

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@dataclass
class Terminal:
    """A terminal, and a system whose consumers give messages up."""

    journal: Journal
    packer: Packer
    nats: Any
    environ: dict[str, str]
    capsys: pytest.CaptureFixture[str]
    code: int = 0

    async def types(self, words: str) -> str:
        """Run `mededbot dlq …` and return what it printed."""
        self.code = await asyncio.to_thread(run, ["dlq", *words.split()], self.environ)
        printed = self.capsys.readouterr()
        return printed.out + printed.err

    async def gives_up(self) -> CloudEvent[Any]:
        """Give up a request that nobody is told of."""
        (event,) = await self.journal.record(a_stream(), [asked()], turn=a_stream()) or []
        await self.journal.park(event.id)
        await self.bury(await self.packer.pack(event))
        return event

    async def bury(self, body: bytes) -> None:
        headers = {
            "Dead-Subject": TRANSLATION_REQUESTED,
            "Dead-Error": "LookupError",
            "Dead-Place": "services.translation.handlers:33",
            "Dead-Tries": "5",
        }
        subject = DEAD_PREFIX + TRANSLATION_TRANSLATE
        await self.nats.jetstream().publish(subject, body, headers=headers)


@pytest.fixture
async def terminal(
    postgres: Database, nats: str, capsys: pytest.CaptureFixture[str]
) -> AsyncGenerator[Terminal]:
    environ = {"DATABASE_URL": postgres.service_url, "NATS_URL": nats, "USER": "ops"}
    client = await nats_py.connect(nats)
    async with open_pool(postgres.service_url) as pool:
        log = event_log(pool)
        journal = Journal(log, client, pool, subjects=SUBJECTS)
        yield Terminal(journal, Packer(log, log.codec), client, environ, capsys)
    await client.close()


async def test_the_list_tells_who_gave_up_what_and_for_which_turn(terminal: Terminal):
    event = await terminal.gives_up()
    await terminal.bury(b"\xff")
    heading, request, garbage = (await terminal.types("list")).splitlines()
    columns = ["no", "age", "tries", "consumer", "state", "error", "subject", "turn"]
    assert heading.split() == columns
    number, _, _, tries, *others = request.split()
    assert (number, tries) == ("1", "5")
    expected = [TRANSLATION_TRANSLATE, "owed", "LookupError", TRANSLATION_REQUESTED, event.turn]
    assert others == expected
    assert (garbage.split()[5], garbage.split()[-1]) == ("foreign", "-")


async def test_one_consumers_letters_are_listed_alone(terminal: Terminal):
    await terminal.gives_up()
    assert len((await terminal.types("list --consumer notifier__deliver_reply")).splitlines()) == 1


async def test_a_letter_is_shown_sealed(terminal: Terminal):
    event = await terminal.gives_up()
    shown = await terminal.types("show 1")
    told = json.loads(shown)
    assert told["place"] == "services.translation.handlers:33"
    assert (told["event"]["id"], told["event"]["data"]["request_id"]) == (event.id, "r")
    assert (told["content"], WORDS in shown) == ("[sealed]", False)


async def test_it_is_opened_only_when_that_is_asked_for(terminal: Terminal):
    await terminal.gives_up()
    shown = await terminal.types("show 1 --open")
    assert WORDS in shown
    assert "on record" in shown


async def test_what_was_erased_says_so_and_can_be_dropped(terminal: Terminal):
    event = await terminal.gives_up()
    await terminal.journal.erase(erasure(event.stream, 1))
    assert (await terminal.types("list")).splitlines()[1].split()[5] == "erased"
    assert json.loads(await terminal.types("show 1"))["content"] == "[erased]"
    assert await terminal.types("drop 1") == "1: dropped\n"
    assert len((await terminal.types("list")).splitlines()) == 1


async def test_all_are_sent_again_or_those_of_a_consumer(terminal: Terminal):
    for _ in range(2):
        await terminal.gives_up()
    said = await terminal.types(f"retry --consumer {TRANSLATION_TRANSLATE}")
    assert said.splitlines() == [f"{n}: sent again for {TRANSLATION_TRANSLATE}" for n in (1, 2)]
    await terminal.gives_up()
    assert len((await terminal.types("retry --all")).splitlines()) == 1


async def test_what_has_ended_is_not_sent_again(terminal: Terminal):
    event = await terminal.gives_up()
    await terminal.journal.record(event.stream, [], settles=[event.id])
    assert "its turn has ended" in await terminal.types("retry 1")


async def test_what_the_bus_has_lost_is_told_and_sent_again(terminal: Terminal):
    event = await terminal.gives_up()
    await terminal.nats.jetstream().purge_stream("DEAD")
    assert event.id in await terminal.types("list")
    assert await terminal.types("retry --lost") == "1 to be sent again within seconds\n"
    assert event.id not in await terminal.types("list")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("show 7", "no dead letter 7"),
        ("retry 7 8", "no such dead letter: 7, 8"),
        ("drop", "Which letters?"),
    ],
)
async def test_what_is_not_there_is_refused(terminal: Terminal, words: str, answer: str):
    assert answer in await terminal.types(words)
    assert terminal.code == EXIT_REFUSED


async def test_without_a_bus_it_says_so(terminal: Terminal):
    terminal.environ["NATS_URL"] = "nats://127.0.0.1:9"
    assert "no NATS server answers there" in await terminal.types("list")
    assert terminal.code == EXIT_REFUSED


async def test_without_a_bus_of_ones_own_it_is_that_of_up(home: Path):
    environ = {"MEDEDBOT_HOME": str(home)}
    with pytest.raises(StartupRefused, match="does not run on"):
        nats_url(environ)
    async with nats_server(home) as server:
        assert nats_url(environ) == server.url
    with pytest.raises(StartupRefused, match="does not run on"):
        nats_url(environ)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(-5, "0 s"), (59, "59 s"), (60, "1 min"), (7_200, "2 h"), (200_000, "2 d")],
)
def test_an_age_is_told_in_its_largest_unit(seconds: int, told: str):
    assert age(NOW + timedelta(seconds=seconds), NOW) == told
