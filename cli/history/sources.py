"""Where a history is read from: files, a database, the sandbox of `up`, what services wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
from pydantic import Field

from chassis.errors import StartupRefused
from chassis.setting_values import WHOLE_NUMBER, Count
from chassis.settings import Settings, load
from cli.bus import bus
from cli.history.check import Caps
from cli.history.database import dead_letters, recorded
from cli.history.reading import history_of, read, written
from cli.history.rebuilding import rebuilt
from cli.history.records import History, Record
from cli.history.sandbox import journalled, remembered
from cli.home import Home
from cli.record import record
from cli.up.settings import UpSettings

SECRETS = (
    "LINE_CHANNEL_SECRET",
    "LINE_CHANNEL_ACCESS_TOKEN",
    "GEMINI_API_KEY",
    "GMAIL_APP_PASSWORD",
    "R2_ACCESS_KEY_ID",
    "R2_SECRET_ACCESS_KEY",
    "ADMIN_PASSWORD",
)
"""The variables whose values may stand nowhere; so may no password of an address."""


class MailCaps(Settings):
    """The caps that the notifier was told."""

    user: Count = Field(10, alias="MAILS_PER_USER_PER_DAY", description=WHOLE_NUMBER)
    address: Count = Field(5, alias="MAILS_PER_ADDRESS_PER_DAY", description=WHOLE_NUMBER)
    everybody: Count = Field(400, alias="MAILS_PER_DAY", description=WHOLE_NUMBER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What the command was given: files of records, a sandbox's address, what services wrote."""

    files: Sequence[Path] = ()
    sandbox: str = ""
    logs: Sequence[Path] = field(default=())


async def gathered(sources: Sources, environ: Mapping[str, str]) -> History:
    """Return all that is to be had of a run.

    The log is read from the database unless a file has it. Raises StartupRefused when something
    that was named cannot be read.
    """
    records = read(sources.files)
    home = own_home(environ)
    if sources.sandbox:
        records += await remembered(sources.sandbox)
    elif not records and home is not None:
        records += await _journalled(home)
    own_logs = [home.logs] if home is not None and not sources.files else []
    history = history_of(records, list(written(sources.logs or own_logs)))
    return history if history.events else await _with_log(history, environ)


def own_home(environ: Mapping[str, str]) -> Home | None:
    """Return the data folder of `mededbot up`, if its database is the one that is looked at."""
    if environ.get("DATABASE_URL", "").strip():
        return None
    home = Home(load(UpSettings, environ).home.absolute())
    return home if home.root.exists() else None


def caps(environ: Mapping[str, str]) -> Caps:
    """Return the caps on mails that an environment sets."""
    told = load(MailCaps, environ)
    return Caps(told.user, told.address, told.everybody)


def secrets_of(environ: Mapping[str, str]) -> list[str]:
    """Return the secrets that an environment, or the folder of `up`, holds."""
    values = [environ.get(name, "").strip() for name in SECRETS]
    addresses = (environ.get(name, "") for name in ("DATABASE_URL", "NATS_URL"))
    passwords = [urlsplit(each).password or "" for each in addresses]
    home = own_home(environ)
    files = sorted(home.secrets.glob("*")) if home is not None else []
    return [each for each in (*values, *passwords, *(f.read_text().strip() for f in files)) if each]


async def _journalled(home: Home) -> list[Record]:
    return await journalled(home.sandbox) if any(home.sandbox.glob("journal*")) else []


async def _with_log(history: History, environ: Mapping[str, str]) -> History:
    letters = await letters_on(environ)
    async with record(environ) as pool:
        return await with_log(history, pool, letters=letters)


async def with_log(history: History, pool: asyncpg.Pool, *, letters: int | None = None) -> History:
    """Return a history with the log of a database, and what was kept of it."""
    log = await recorded(pool, dead_letters=letters)
    return replace(
        history, events=log.events, kept=log.kept, rest=log.rest, rebuilt=await rebuilt(pool)
    )


async def letters_on(environ: Mapping[str, str]) -> int | None:
    """Return how many dead letters wait on an environment's bus; None when it is not to be had."""
    if environ.get("DATABASE_URL", "").strip() and not environ.get("NATS_URL", "").strip():
        return None  # the bus of the `up` on this folder is another system's
    try:
        async with bus(environ) as nats:
            return await dead_letters(nats)
    except StartupRefused:
        return None
