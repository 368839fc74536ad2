"""`mededbot dlq`: dead letters from a terminal."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from chassis.dead_letters import Case, DeadLetters, Lost
from chassis.errors import StartupRefused, Unavailable
from chassis.letters_shown import shown
from cli.bus import bus
from cli.dlq.letters import HEADING, lost_line, told
from cli.dlq.words import Choice
from cli.record import record

OPENING = "Opened: what a user said. That you did is on record."


def list_letters(environ: Mapping[str, str], consumer: str | None) -> None:
    """Print all letters that wait, of one consumer or of all, and requests without one."""
    _run(_list(environ, consumer))


def show_letter(environ: Mapping[str, str], number: int, *, by: str, opened: bool) -> None:
    """Print one letter as JSON; what the user said only if it is to be `opened`."""
    _run(_show(environ, number, by=by, opened=opened))


def retry_letters(environ: Mapping[str, str], choice: Choice, *, by: str) -> None:
    """Send the messages of letters again, each to the consumer that gave it up."""
    _run(_retry(environ, choice, by=by))


def retry_lost(environ: Mapping[str, str], *, by: str) -> None:
    """Have requests published again whose letters the bus has lost."""
    _run(_retry_lost(environ, by=by))


def drop_letters(environ: Mapping[str, str], choice: Choice, *, by: str) -> None:
    """Remove letters for good."""
    _run(_drop(environ, choice, by=by))


def _run(command: Awaitable[None]) -> None:
    async def awaited() -> None:
        try:
            await command
        except Unavailable as error:
            raise StartupRefused(f"Not to be had now: {error}.") from error

    asyncio.run(awaited())


@asynccontextmanager
async def _dead_letters(environ: Mapping[str, str], by: str = "") -> AsyncGenerator[DeadLetters]:
    async with bus(environ) as nats, record(environ) as pool:
        yield DeadLetters(nats, pool, by=by)


async def _list(environ: Mapping[str, str], consumer: str | None) -> None:
    async with _dead_letters(environ) as letters:
        now = datetime.now(UTC)
        print(HEADING)
        async for case in letters.cases():
            if consumer in {None, case.letter.consumer}:
                print(told(case, now))
        lost = await letters.lost()
    for each in lost:
        print(lost_line(each, now))
    if lost:
        print("The bus has lost their letters: `mededbot dlq retry --lost` sends them again.")


async def _show(environ: Mapping[str, str], number: int, *, by: str, opened: bool) -> None:
    async with _dead_letters(environ, by) as letters:
        case = await letters.case(number)
        if case is None:
            raise StartupRefused(f"There is no dead letter {number}.")
        content = await letters.opened(case) if opened else None
    if opened:
        print(OPENING, file=sys.stderr)
    print(json.dumps(shown(case, content), ensure_ascii=False, indent=2))


async def _retry(environ: Mapping[str, str], choice: Choice, *, by: str) -> None:
    async with _dead_letters(environ, by) as letters:
        for case in await _chosen(letters, choice):
            number, consumer = case.letter.number, case.letter.consumer
            if await letters.retry(case):
                print(f"{number}: sent again for {consumer}")
            else:
                print(f"{number}: removed and not sent, for its turn has ended")


async def _retry_lost(environ: Mapping[str, str], *, by: str) -> None:
    async with _dead_letters(environ, by) as letters:
        lost: list[Lost] = await letters.lost()
        for each in lost:
            await letters.revive(each)
    print(f"{len(lost)} to be sent again within seconds")


async def _drop(environ: Mapping[str, str], choice: Choice, *, by: str) -> None:
    async with _dead_letters(environ, by) as letters:
        for case in await _chosen(letters, choice):
            await letters.drop(case)
            print(f"{case.letter.number}: dropped")


async def _chosen(letters: DeadLetters, choice: Choice) -> list[Case]:
    """Return the letters that are meant; StartupRefused when a number names none."""
    chosen = [
        case
        async for case in letters.cases()
        if choice.takes(case.letter.number, case.letter.consumer)
    ]
    missing = set(choice.numbers) - {case.letter.number for case in chosen}
    if missing:
        raise StartupRefused(
            f"There is no such dead letter: {', '.join(map(str, sorted(missing)))}."
        )
    return chosen
