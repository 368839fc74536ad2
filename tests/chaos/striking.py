"""Carrying out a strike on the system that runs."""

import shutil
from collections import Counter
from contextlib import suppress
from random import Random

import psutil

from chassis.testing import poll
from cli.catalogue import SERVICES
from cli.network import http_status
from tests.chaos.proxy import Proxy
from tests.chaos.schedule import NATS, Strike
from tests.chaos.stage import Stage
from tests.e2e.moments import START_SECONDS, elapse
from tests.e2e.webhooks import OK

DELAY_SECONDS = 0.1
BYTES_A_SECOND = 200_000.0


class Striker:
    """Strikes as scheduled, and counts what was done."""

    def __init__(self, stage: Stage, chance: Random) -> None:
        """Have done nothing yet; where there are replicas chance says which one is hit."""
        self.done: Counter[str] = Counter()
        self._stage = stage
        self._chance = chance

    async def strike(self, strike: Strike) -> None:
        """Let a fault happen, from its beginning to its end."""
        match strike.kind:
            case "kill":
                await self._kill(strike.target)
            case "freeze":
                await self._freeze(strike.target, strike.seconds)
            case "wipe":
                await self._wipe()
            case "roll":
                await self.roll()
            case "model" | "outage" | "line":
                await self._moody(strike)
            case _:
                await self._between(strike)
        name = strike.target if strike.kind == "kill" else f"{strike.seconds:g} s"
        self.done[
            f"{strike.kind} {name}" if strike.kind in {"kill", "freeze"} else strike.kind
        ] += 1

    async def roll(self) -> None:
        """Ask one process of the services after the other to end, each once the last is back."""
        for name in (member for each in SERVICES for member in self._stage.members(each)):
            process = await self._living(name)
            with suppress(psutil.NoSuchProcess):
                process.terminate()
            await poll(lambda old=process: _is_gone(old), START_SECONDS, what=f"the end of {name}")
            await poll(lambda name=name: self._is_back(name), START_SECONDS, what=f"{name} back")

    async def _kill(self, target: str) -> None:
        process = await self._living(self._one_of(target))
        with suppress(psutil.NoSuchProcess):
            process.kill()

    async def _freeze(self, target: str, seconds: float) -> None:
        process = await self._living(self._one_of(target))
        frozen = [process]
        with suppress(psutil.NoSuchProcess):
            process.suspend()
            frozen += process.children(recursive=True)
        try:
            _each(frozen, "suspend")
            await elapse(seconds)
        finally:
            _each(frozen, "resume")

    async def _living(self, member: str) -> psutil.Process:
        return await poll(lambda: self._stage.process(member), START_SECONDS, what=member)

    def _one_of(self, target: str) -> str:
        return self._chance.choice(self._stage.members(target))

    async def _wipe(self) -> None:
        """Kill NATS and wipe its disk before anybody starts it again."""
        up = psutil.Process(self._stage.world.system.process.pid)
        up.suspend()
        try:
            if nats := self._stage.process(NATS):
                nats.kill()
                await poll(lambda: _is_gone(nats), START_SECONDS, what="the end of NATS")
            shutil.rmtree(self._stage.servers.home.nats / "store", ignore_errors=True)
        finally:
            up.resume()

    async def _is_back(self, name: str) -> bool:
        # Whether it is ready says of the gateway that all others are too.
        ready = self._stage.world.system.screen.after(name).split()[0]
        return await http_status(ready.replace("/ready", "/live")) == OK

    async def _moody(self, strike: Strike) -> None:
        upstream = self._stage.line if strike.kind == "line" else self._stage.model
        share, upstream.share = upstream.share, 1.0 if strike.kind == "outage" else upstream.share
        upstream.mood = strike.target  # pyright: ignore[reportAttributeAccessIssue]  by schedule
        await elapse(strike.seconds)
        upstream.mood, upstream.share = "", share

    async def _between(self, strike: Strike) -> None:
        name, *silent = strike.target.split()
        way = self._stage.ways[name]
        _disturb(way, strike, silent)
        if strike.seconds:
            await elapse(strike.seconds)
            await way.heal()


def _each(processes: list[psutil.Process], do: str) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            getattr(process, do)()


def _disturb(way: Proxy, strike: Strike, silent: list[str]) -> None:
    match strike.kind, silent:
        case "delay", _:
            way.delay(DELAY_SECONDS)
        case "throttle", _:
            way.throttle(BYTES_A_SECOND)
        case "hold", _:
            way.hold()
        case "refuse", _:
            way.refuse()
        case "lose", ["up"]:
            way.lose("up")
        case "lose", ["down"]:
            way.lose("down")
        case "lose", _:
            way.lose()
        case _:
            way.cut()


def _is_gone(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
