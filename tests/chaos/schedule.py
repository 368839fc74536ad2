"""Which fault strikes when, drawn from a seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from cli.catalogue import SERVICES
from tests.chaos.stage import BUS, DATABASE, LINE, MODEL

POSTGRES, NATS = "postgres", "nats"
TARGETS = (*SERVICES, NATS, POSTGRES)
KILLS = 3
"""Of each target in a block, at least."""
BLOCK_SECONDS = 180.0
LONG_FREEZES = 3
MODEL_MOODS = ("hang", "429", "500", "503", "html", "truncated", "empty")
LINE_MOODS = ("500", "503", "accepted_500", "accepted_hang")
MOOD_SECONDS = 4.0
SHARE_OF_QUIET = 0.1
"""The end of a block, in which no fault begins."""

Kind = Literal[
    "kill",
    "freeze",
    "wipe",
    "roll",
    "model",
    "outage",
    "line",
    "cut",
    "delay",
    "throttle",
    "hold",
    "lose",
    "refuse",
]


@dataclass(frozen=True, slots=True, order=True)
class Strike:
    """A fault: when it begins, what it is, whom it hits, how long it lasts."""

    at: float
    kind: Kind
    target: str
    seconds: float = 0.0

    def __str__(self) -> str:
        """Say it in one line of a schedule."""
        lasting = f" for {self.seconds:g} s" if self.seconds else ""
        return f"{self.at:7.1f} s  {self.kind} {self.target}{lasting}"


Blow = tuple[Kind, str, float]


def schedule(chance: Random, seconds: float, *, own_servers: bool) -> list[Strike]:
    """Return the strikes of a run, in order: every kind at least once in each block of it."""
    blocks = max(round(seconds / BLOCK_SECONDS), 1)
    length = seconds / blocks
    strikes: list[Strike] = []
    for block in range(blocks):
        thirds = _of_own_servers(chance) if own_servers else _of_proxies()
        blows = [blow for third in thirds for blow in chance.sample(third, len(third))]
        strikes += _spread(chance, blows, block * length, length * (1 - SHARE_OF_QUIET))
    return sorted(strikes)


def _spread(chance: Random, blows: Sequence[Blow], start: float, length: float) -> Iterator[Strike]:
    step = length / len(blows)
    for number, (kind, target, lasting) in enumerate(blows):
        yield Strike(start + (number + chance.random()) * step, kind, target, lasting)


def _of_own_servers(chance: Random) -> Sequence[Sequence[Blow]]:
    """Return three thirds: in each everything is killed once."""
    thirds = [[*_each_killed()] for _ in range(KILLS)]
    others: list[Blow] = [("freeze", target, 5.0) for target in TARGETS]
    others.extend(("freeze", target, 30.0) for target in chance.sample(TARGETS, LONG_FREEZES))
    others.extend((("wipe", NATS, 0.0), ("roll", "every service", 0.0), *_of_upstreams()))
    return _dealt(chance.sample(others, len(others)), thirds)


def _each_killed() -> Iterator[Blow]:
    for target in TARGETS:
        yield "kill", target, 0.0


def _of_upstreams() -> Iterator[Blow]:
    for mood in MODEL_MOODS:
        yield "model", mood, MOOD_SECONDS
    for mood in LINE_MOODS:
        yield "line", mood, MOOD_SECONDS
    yield "outage", "503", MOOD_SECONDS
    yield "cut", MODEL, 0.0
    yield "cut", LINE, 0.0


def _of_proxies() -> Sequence[Sequence[Blow]]:
    """Return three thirds: in each both servers are cut off, and one silent way is tried."""
    thirds: list[list[Blow]] = [[] for _ in range(KILLS)]
    for way in (DATABASE, BUS):
        for third, silent in zip(thirds, ("up", "down", "both"), strict=True):
            third += [("cut", way, 0.0), ("lose", f"{way} {silent}", 5.0)]
    others: list[Blow] = [("kill", POSTGRES, 0.0), ("kill", NATS, 0.0)]
    for way in (DATABASE, BUS):
        others.extend((("delay", way, 5.0), ("throttle", way, 4.0)))
        others.extend((("hold", way, 5.0), ("refuse", way, 3.0)))
    return _dealt(others, thirds)


def _dealt(blows: Sequence[Blow], thirds: Sequence[list[Blow]]) -> Sequence[Sequence[Blow]]:
    for number, blow in enumerate(blows):
        thirds[number % len(thirds)].append(blow)
    return thirds
