"""`mededbot up` in a folder of its own, against stand-ins, for the length of a bench."""

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.standins import SECRET
from cli.network import free_port
from cli.process import tethered

START_SECONDS = 120
UNLIMITED = (
    "GEMINI_REQUESTS_PER_MINUTE",
    "TTS_REQUESTS_PER_MINUTE",
    "TAIGI_REQUESTS_PER_MINUTE",
    "LEAFLET_CACHE_SECONDS",
    "USER_MESSAGES_PER_MINUTE",
    "GLOBAL_MESSAGES_PER_SECOND",
    "MAILS_PER_USER_PER_DAY",
    "MAILS_PER_ADDRESS_PER_DAY",
    "MAILS_PER_DAY",
)


@dataclass(frozen=True, slots=True)
class Running:
    """A system that answers: where its door is, and the process above all others."""

    home: Path
    port: int
    root: int

    @property
    def database_url(self) -> str:
        """Address of its database."""
        found = re.search(r"DATABASE_URL +(\S+)", _screen(self.home).read_text())
        return found[1] if found else sys.exit("the system did not print its DATABASE_URL")


@asynccontextmanager
async def running(
    home: Path, upstreams: str, settings: Mapping[str, str] | None = None
) -> AsyncGenerator[Running]:
    """Yield a system whose upstreams are all at one address, without limits of its own."""
    port = free_port()
    system = await _up(home, _environ(home, port, upstreams) | dict(settings or {}))
    try:
        await _ready(port)
        yield Running(home, port, system.pid)
    finally:
        os.killpg(system.pid, signal.SIGTERM)
        await system.wait()


def _environ(home: Path, port: int, upstreams: str) -> dict[str, str]:
    return {
        **os.environ,
        **dict.fromkeys(UNLIMITED, "0"),
        "MEDEDBOT_HOME": str(home),
        "PORT": str(port),
        "LINE_API_BASE_URL": upstreams,
        "LINE_DATA_API_BASE_URL": upstreams,
        "LINE_CHANNEL_SECRET": SECRET,
        "LINE_CHANNEL_ACCESS_TOKEN": "bench-token",
        "GEMINI_BASE_URL": upstreams,
        "GEMINI_API_KEY": "bench-key",
    }


async def _up(home: Path, environ: Mapping[str, str]) -> asyncio.subprocess.Process:
    with _screen(home).open("wb") as screen:
        return await asyncio.create_subprocess_exec(
            *tethered((sys.executable, "-m", "cli", "up"), signal.SIGTERM),
            env=environ,
            stdout=screen,
            start_new_session=True,
        )


async def _ready(port: int) -> None:
    ends = time.monotonic() + START_SECONDS
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as gateway:
        while time.monotonic() < ends:
            try:
                if (await gateway.get("/health/ready")).is_success:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.2)
    sys.exit("the system did not get ready")


def _screen(home: Path) -> Path:
    return home / "up.log"
