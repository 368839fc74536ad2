"""An operator at a terminal beside a running system, and what they left on record."""

import asyncio
import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from chassis.testing import poll
from cli.main import run
from tests.e2e.moments import PATIENCE_SECONDS
from tests.e2e.world import World

SPOILED = Path(__file__).parent / "spoiled"
_DEEDS = """
    select data->>'deed' from eventlog.events
    where type = 'operator.dead_letter_handled' and (data->>'letter')::bigint = $1 order by position
"""


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who types `mededbot dlq …`."""

    world: World
    capsys: pytest.CaptureFixture[str]

    async def dlq(self, words: str, *, code: int = 0) -> str:
        """Type a command; return what it prints."""
        environ = {"MEDEDBOT_HOME": str(self.world.system.home), "USER": "ops"}
        assert await asyncio.to_thread(run, ["dlq", *words.split()], environ) == code
        return self.capsys.readouterr().out

    async def number_of(self, *words: str) -> str:
        """Wait for the letter whose line holds all these words; return its number."""

        async def found() -> str:
            lines = (await self.dlq("list")).splitlines()
            matching = [line for line in lines if all(word in line for word in words)]
            return matching[0].split()[0] if matching else ""

        return await poll(found, PATIENCE_SECONDS, what=f"a letter with {words}")

    async def shown(self, number: str) -> dict[str, Any]:
        """Look at a letter."""
        letter: dict[str, Any] = json.loads(await self.dlq(f"show {number}"))
        return letter

    def has_logged(self, service: str, event: str) -> bool:
        """Tell whether a service has logged something of that name."""
        return event in (self.world.system.home / "logs" / f"{service}.log").read_text()

    async def deeds(self, number: str) -> list[str]:
        """Return what is on record about a letter."""
        connection = await asyncpg.connect(self.world.system.database_url)
        try:
            return [str(row[0]) for row in await connection.fetch(_DEEDS, int(number))]
        finally:
            await connection.close()


@dataclass(frozen=True, slots=True)
class Bugs:
    """The bugs of a running system."""

    folder: Path

    @property
    def settings(self) -> dict[str, str]:
        """What a system needs in its environment to have bugs at all."""
        return {"PYTHONPATH": str(SPOILED), "BUGS": str(self.folder)}

    @contextmanager
    def at(self, place: str, *words: str) -> Generator[None]:
        """Have a bug that some words set off, until it is fixed."""
        file = self.folder / place
        file.write_text("\n".join(words))
        try:
            yield
        finally:
            file.unlink()
