"""The read models from a terminal, on the database of the environment or of `up`."""

import asyncio
import json
from pathlib import Path

import pytest

from chassis.database import migrate, open_pool
from chassis.errors import StartupRefused
from chassis.testing import Database
from chassis.tests.logged import WORDS, a_stream, event_log, heard, put
from cli.catalogue import READ_MODELS
from cli.embedded.postgres import postgres as running_postgres
from cli.embedded.roles import admit_service_role
from cli.main import EXIT_REFUSED, run
from cli.record import database_url
from services.conversation.projections.catalogue import PROJECTIONS


def mededbot(words: str, url: str) -> int:
    return run(words.split(), {"DATABASE_URL": url})


async def test_what_was_said_is_shown_once_the_read_model_is_made(
    postgres: Database, capsys: pytest.CaptureFixture[str]
):
    stream = a_stream()
    async with open_pool(postgres.service_url) as pool:
        await put(event_log(pool), stream, heard())
        await put(event_log(pool), a_stream(), heard("of another"))
    for words in ("projections rebuild chat", "projections list", f"logs chat --stream {stream}"):
        assert await asyncio.to_thread(mededbot, words, postgres.service_url) == 0
    rebuilt, _, listed, *_, row = capsys.readouterr().out.splitlines()
    assert rebuilt == "chat: 2 rows"
    assert listed.split() == ["chat", "2", "0.0", "s"]
    assert json.loads(row)["asked"]["text"] == WORDS


def test_a_name_that_no_read_model_has_is_refused(capsys: pytest.CaptureFixture[str]):
    assert mededbot("projections rebuild chats", "postgresql://nowhere") == EXIT_REFUSED
    assert "chats" in capsys.readouterr().err


def test_the_names_are_those_of_the_read_models():
    assert tuple(PROJECTIONS) == READ_MODELS


async def test_without_a_database_it_is_that_of_up(home: Path):
    environ = {"MEDEDBOT_HOME": str(home)}
    with pytest.raises(StartupRefused, match="does not run on"):
        database_url(environ)
    async with running_postgres(home) as server:
        await migrate(server.owner_url)
        await admit_service_role(server.owner_url)
        assert database_url(environ) == server.service_url
    with pytest.raises(StartupRefused, match="does not run on"):
        database_url(environ)
