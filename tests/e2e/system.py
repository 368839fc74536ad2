"""`mededbot up` as a process: started and stopped as a user would, killed as a machine would."""

import asyncio
import re
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from chassis.testing import poll
from cli.process import tethered
from tests.e2e.moments import PATIENCE_SECONDS, START_SECONDS

ROOT = Path(__file__).parents[2]
LAST_LINE = "Ctrl-C to stop"
TAIL_CHARACTERS = 4_000
OK = 200


@dataclass(frozen=True, slots=True)
class Screen:
    """What `up` printed."""

    text: str

    def after(self, label: str) -> str:
        """Return what stands behind a label."""
        found = re.search(rf"^  {re.escape(label)} +(\S.*)$", self.text, re.MULTILINE)
        assert found, f"{label} is not on the screen:\n{self.text}"
        return found.group(1).strip()

    def gateways(self) -> list[str]:
        """Return the addresses of all gateways."""
        lines = re.findall(r"^  gateway\S* +(http://\S+)/health/ready", self.text, re.MULTILINE)
        return [str(line) for line in lines]

    def healths(self) -> list[str]:
        """Return where each service says whether it is ready."""
        return [str(url) for url in re.findall(r"(http://\S+/health/ready)", self.text)]


class System:
    """One data folder and environment, and the `up` that runs on it now."""

    def __init__(self, folder: Path, environ: Mapping[str, str], *, replicas: int = 1) -> None:
        """Prepare; nothing runs before `start`."""
        self.home = folder / "home"
        self.screen = Screen("")
        self._output = folder / "up.out"
        self._environ = {**environ, "MEDEDBOT_HOME": str(self.home)}
        self._replicas = replicas
        self._process: asyncio.subprocess.Process | None = None

    @property
    def gateway(self) -> str:
        """Address of the gateway on PORT."""
        return self.screen.after("Gateway")

    @property
    def database_url(self) -> str:
        """Address of the database, with the services' own rights."""
        return self._environ.get("DATABASE_URL") or self.screen.after("DATABASE_URL")

    @property
    def process(self) -> asyncio.subprocess.Process:
        """The `up` itself."""
        assert self._process is not None, "not started"
        return self._process

    @property
    def output(self) -> str:
        """All that `up` has printed since its last start."""
        return self._output.read_text(errors="replace") if self._output.exists() else ""

    async def start(self) -> None:
        """Start `up` and wait until a message would be answered."""
        await self.launch()
        await poll(self._shown, START_SECONDS, what=f"the screen of {self.home}")
        self.screen = Screen(self.output)
        await self.until_ready()

    async def launch(self) -> None:
        """Start `up`."""
        words = ("up", *(("--replicas", str(self._replicas)) if self._replicas > 1 else ()))
        with self._output.open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                # Tied to this process: an aborted test run leaves no servers behind.
                *tethered((sys.executable, "-m", "cli", *words), signal.SIGTERM),
                cwd=ROOT,
                env=self._environ,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    async def until_ready(self, *, ready: bool = True) -> None:
        """Wait until the gateway says that a message would be answered, or would not."""
        word = "ready" if ready else "not ready"

        async def as_wanted() -> bool:
            return (await self.ready_parts() or {"ready": None})["ready"] is ready

        try:
            await poll(as_wanted, START_SECONDS, what=f"{word}")
        except AssertionError as error:
            error.add_note(f"{self.output[-TAIL_CHARACTERS:]}\n{await self.ready_parts()}")
            raise

    async def ready_parts(self) -> dict[str, bool] | None:
        """Return what /health/ready says of each part; None when nobody answers."""
        try:
            async with httpx.AsyncClient() as client:
                answer = await client.get(f"{self.gateway}/health/ready")
        except httpx.TransportError:
            return None
        parts: dict[str, bool] = answer.json()
        assert answer.status_code == (OK if parts["ready"] else 503)
        return parts

    def members(self) -> list[psutil.Process]:
        """Return every process below `up`."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def services(self, name: str) -> list[psutil.Process]:
        """Return the processes of a service."""
        return [each for each in self.members() if _command(each)[-2:] == ["run", name]]

    def service(self, name: str) -> psutil.Process:
        """Return the process of a service that has one."""
        (process,) = self.services(name)
        return process

    def server(self, binary: str) -> list[psutil.Process]:
        """Return an embedded server's processes, the first of them first."""
        return [each for each in self.members() if each.name() == binary]

    async def stop(self) -> int:
        """Stop `up` by SIGTERM and return its exit code; no process is left."""
        members = self.members()
        self.process.terminate()
        code = await asyncio.wait_for(self.process.wait(), PATIENCE_SECONDS)
        await poll(lambda: not _living(members), what="the end of all processes")
        return code

    async def kill(self) -> None:
        """Kill -9 `up` and everything below it."""
        root = psutil.Process(self.process.pid)
        root.suspend()  # or it would start anew what is killed before it
        members = root.children(recursive=True)
        for each in (root, *members):
            _kill(each)
        await self.process.wait()
        await poll(lambda: not _living(members), PATIENCE_SECONDS, what="the end of all processes")

    async def end(self) -> None:
        """Leave nothing running, whatever state this is in."""
        if self._process is None or self._process.returncode is not None:
            return
        try:
            await self.stop()
        finally:
            if self._process.returncode is None:
                await self.kill()

    def _shown(self) -> bool:
        ended = self.process.returncode
        assert ended is None, f"up ended with code {ended}:\n{self.output[-TAIL_CHARACTERS:]}"
        return LAST_LINE in self.output


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []


def _living(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [each for each in processes if each.is_running() and not _is_zombie(each)]


def _is_zombie(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return


async def refusal(environ: Mapping[str, str]) -> tuple[int, str]:
    """Return the exit code and the words of an `up` that does not start."""
    process = await asyncio.create_subprocess_exec(
        *tethered((sys.executable, "-m", "cli", "up"), signal.SIGTERM),
        cwd=ROOT,
        env=dict(environ),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), START_SECONDS)
    return process.returncode or 0, said.decode()
