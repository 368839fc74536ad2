"""What a kill -9 under 50 messages a second costs; `python -m bench.recovery` shows it."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import httpx
import psutil

from chassis.testing import poll
from cli.catalogue import SERVICES
from tests.e2e.load import Load, load
from tests.e2e.moments import PATIENCE_SECONDS, elapse
from tests.e2e.system import OK
from tests.e2e.world import World

SERVERS = {"postgres": "postgres", "nats": "nats-server"}
VICTIMS = (*SERVICES, *SERVERS)
LATENCY_SECONDS = 1.0
USERS = 200
CALM_SECONDS = 2.0
"""Load before a kill; as much again once the victim is back."""
AFFECTED_SECONDS = 1.0
"""Turns are affected that began so long before the kill, or until the victim was back."""
DOOR_WITHIN = 10.0
LAST_ANSWER_WITHIN = 15.0 + LATENCY_SECONDS


@dataclass(frozen=True, slots=True)
class Recovery:
    """In seconds after the kill: a webhook taken, the victim ready, the last affected answer."""

    victim: str
    door: float
    back: float
    last_answer: float
    slowest_turn: float
    affected: int


async def recovery(world: World, users: Sequence[str], victim: str) -> Recovery:
    """Kill one process under load, and return how long that was noticed."""
    world.gemini.latency = LATENCY_SECONDS
    async with load(world, users) as running:
        await elapse(CALM_SECONDS)
        process = _processes(world, victim)[0]
        killed_at = time.time()
        process.kill()
        await poll(lambda: _is_back(world, victim, process), PATIENCE_SECONDS, what=victim)
        back_at = time.time()
        await elapse(CALM_SECONDS)
    await world.at_rest()
    return _measured(running, victim, killed_at, back_at)


def _measured(running: Load, victim: str, killed_at: float, back_at: float) -> Recovery:
    affected = [
        turn for turn in running.turns if killed_at - AFFECTED_SECONDS <= turn.sent_at <= back_at
    ]
    answers = running.answers()
    return Recovery(
        victim=victim,
        door=_longest_pause(running.acknowledgements(killed_at - AFFECTED_SECONDS)),
        back=back_at - killed_at,
        last_answer=max(answers[turn.tag] for turn in affected) - killed_at,
        slowest_turn=max(answers[turn.tag] - turn.sent_at for turn in affected),
        affected=len(affected),
    )


def _longest_pause(moments: Sequence[float]) -> float:
    return max(after - before for before, after in pairwise(moments))


def _processes(world: World, victim: str) -> list[psutil.Process]:
    binary = SERVERS.get(victim)
    return world.system.server(binary) if binary else world.system.services(victim)


async def _is_back(world: World, victim: str, dead: psutil.Process) -> bool:
    """Tell whether another process has taken the victim's place, and all services are ready."""
    living = _processes(world, victim)
    if not living or dead in living:
        return False
    async with httpx.AsyncClient(timeout=1.0) as client:
        asked = (client.get(url) for url in world.system.screen.healths())
        said = await asyncio.gather(*asked, return_exceptions=True)
    return all(isinstance(each, httpx.Response) and each.status_code == OK for each in said)


def is_in_time(found: Recovery) -> bool:
    """Tell whether a kill was got over as it must be."""
    return found.door <= DOOR_WITHIN and found.last_answer <= LAST_ANSWER_WITHIN
