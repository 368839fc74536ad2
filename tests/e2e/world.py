"""The system and its surroundings in one: users who talk, and questions about what they saw."""

import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from chassis.testing import poll
from cli.network import free_port
from tests.e2e.buckets import BUCKET, KEY_ID, Buckets, buckets
from tests.e2e.buckets import SECRET as STORE_SECRET
from tests.e2e.gemini import KEY, Gemini, served_gemini
from tests.e2e.line import TOKEN, Line, Medium, served_line
from tests.e2e.line_ledger import Shown
from tests.e2e.moments import PATIENCE_SECONDS
from tests.e2e.post_office import PostOffice, post_office
from tests.e2e.system import System
from tests.e2e.taigi import Taigi, served_taigi
from tests.e2e.webhooks import SECRET, Platform, Said

TAGS = count(1)
INHERITED = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "VIRTUAL_ENV")
_UNSETTLED = """
    select (select count(*) from eventlog.outbox)
         + (select count(*) from eventlog.streams where pending_since is not null)
"""


@dataclass(frozen=True, slots=True)
class World:
    """LINE, Gemini and all other upstreams, and the system between them."""

    line: Line
    gemini: Gemini
    taigi: Taigi
    office: PostOffice
    buckets: Buckets
    platform: Platform
    system: System

    @property
    def environ(self) -> dict[str, str]:
        """The configuration of the system."""
        return surroundings(self.line, self.gemini, self.taigi, self.office, self.buckets)

    async def start(self) -> None:
        """Start the system, and let LINE know its gateways."""
        await self.system.start()
        self.platform.gateways[:] = self.system.screen.gateways()

    async def say(self, user: str, text: str) -> Said:
        """Let a user write, and LINE deliver it."""
        said = self.platform.message(user, text)
        await self.platform.deliver(said)
        return said

    async def tap(self, user: str, data: str) -> Said:
        """Let a user tap a button that carries data."""
        said = self.platform.tap(user, data)
        await self.platform.deliver(said)
        return said

    async def speak(self, user: str, medium: Medium, **how: Any) -> Said:
        """Let a user send a voice message."""
        said = self.platform.voice(user, **how)
        self.line.media[said.message_id] = medium
        await self.platform.deliver(said)
        return said

    async def talk(self, user: str, *texts: str) -> Shown:
        """Let a user write each text once the one before is answered; return the last answer."""
        for text in texts:
            said = await self.say(user, text)
            await self.answered(said)
        return self.line.ledger.answers(user)[-1]

    async def translating(self, user: str, language: str = "英文") -> str:
        """Bring a user into translation mode; return the user."""
        await self.talk(user, "開始", "聊天", language)
        return user

    async def answered(self, *said: Said) -> list[Shown]:
        """Wait until each message is answered by its reply token; return the answers."""
        ledger = self.line.ledger
        await poll(
            lambda: all(ledger.to_message(each.token) for each in said),
            PATIENCE_SECONDS,
            what=f"an answer to each of {len(said)} messages",
        )
        return [shown for each in said for shown in ledger.to_message(each.token)]

    async def hears(self, user: str, answers: int) -> list[Shown]:
        """Wait until a user has seen so many answers, by whatever way they came."""
        ledger = self.line.ledger
        await poll(
            lambda: len(ledger.answers(user)) >= answers,
            PATIENCE_SECONDS,
            what=f"{answers} answers (of {ledger.answers(user)})",
        )
        return ledger.answers(user)

    async def at_work(self, calls: int = 1) -> None:
        """Wait until so many questions are with the model."""
        await poll(
            lambda: self.gemini.working >= calls, PATIENCE_SECONDS, what=f"{calls} questions"
        )

    async def at_rest(self) -> None:
        """Wait until nothing is left to be decided, made or sent."""
        await poll(self._is_settled, PATIENCE_SECONDS, what="rest")

    def sound(self) -> bool:
        """Tell whether neither LINE nor Gemini was asked for anything they refuse."""
        refused = (self.line.ledger.refused, self.gemini.refused, self.taigi.refused)
        return not any(refused)

    async def _is_settled(self) -> bool:
        connection = await asyncpg.connect(self.system.database_url)
        try:
            return await connection.fetchval(_UNSETTLED) == 0
        finally:
            await connection.close()


def new_user() -> str:
    """Return the id of somebody who has never written before."""
    return f"U{uuid4().hex}"


def new_tag() -> str:
    """Return a word that stands in one message only."""
    return f"tag-{next(TAGS):06d}"


def sentence(tag: str) -> str:
    """Return something to be translated that holds a tag."""
    return f"請問 {tag} 今天還會痛嗎？"


def surroundings(
    line: Line, gemini: Gemini, taigi: Taigi, office: PostOffice, buckets: Buckets
) -> dict[str, str]:
    """Return the whole configuration of product.md: all upstreams are these addresses."""
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return kept | {
        "HOST": "127.0.0.1",
        "PORT": str(free_port()),
        "BASE_URL": "https://bot.example.org",
        "ADMIN_PASSWORD": "admin-password-canary",
        "LINE_API_BASE_URL": line.url,
        "LINE_DATA_API_BASE_URL": line.url,
        "LINE_CHANNEL_SECRET": SECRET,
        "LINE_CHANNEL_ACCESS_TOKEN": TOKEN,
        "GEMINI_BASE_URL": gemini.url,
        "GEMINI_API_KEY": KEY,
        "GEMINI_MODEL": "e2e-model",
        "TAIGI_BASE_URL": taigi.url,
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(office.port),
        "SMTP_TLS": "none",
        "GMAIL_ADDRESS": "clinic@example.org",
        "EMAIL_CHECK_MX": "false",
        "R2_ENDPOINT_URL": buckets.url,
        "R2_ACCESS_KEY_ID": KEY_ID,
        "R2_SECRET_ACCESS_KEY": STORE_SECRET,
        "R2_BUCKET_NAME": BUCKET,
        "USER_MESSAGES_PER_MINUTE": "0",
        "GLOBAL_MESSAGES_PER_SECOND": "0",
        "GEMINI_REQUESTS_PER_MINUTE": "0",
        "LEAFLET_CACHE_SECONDS": "0",
        "TTS_REQUESTS_PER_MINUTE": "0",
        "TAIGI_REQUESTS_PER_MINUTE": "0",
    }


@asynccontextmanager
async def world(
    folder: Path, settings: Mapping[str, str] = MappingProxyType({}), *, replicas: int = 1
) -> AsyncGenerator[World]:
    """Run everything on a fresh data folder for the length of a block."""
    async with AsyncExitStack() as stack:
        line = await stack.enter_async_context(served_line())
        gemini = await stack.enter_async_context(served_gemini())
        taigi = await stack.enter_async_context(served_taigi())
        office = await stack.enter_async_context(post_office())
        store = stack.enter_context(buckets())
        http = await stack.enter_async_context(httpx.AsyncClient())
        environ = surroundings(line, gemini, taigi, office, store) | dict(settings)
        system = System(folder, environ, replicas=replicas)
        stack.push_async_callback(system.end)
        platform = Platform(line.ledger, http)
        made = World(line, gemini, taigi, office, store, platform, system)
        await made.start()
        yield made
