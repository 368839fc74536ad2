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
        blows = list(_of_own_servers(chance) if own_servers else _of_proxies())
        chance.shuffle(blows)
        strikes += _spread(chance, blows, block * length, length * (1 - SHARE_OF_QUIET))
    return sorted(strikes)


def _spread(chance: Random, blows: Sequence[Blow], start: float, length: float) -> Iterator[Strike]:
    step = length / len(blows)
    for number, (kind, target, lasting) in enumerate(blows):
        yield Strike(start + (number + chance.random()) * step, kind, target, lasting)


def _of_own_servers(chance: Random) -> Iterator[Blow]:
    for target in TARGETS:
        for _ in range(KILLS):
            yield "kill", target, 0.0
        yield "freeze", target, 5.0
    for target in chance.sample(TARGETS, LONG_FREEZES):
        yield "freeze", target, 30.0
    yield "wipe", NATS, 0.0
    yield "roll", "every service", 0.0
    yield from _of_upstreams()


def _of_upstreams() -> Iterator[Blow]:
    for mood in MODEL_MOODS:
        yield "model", mood, MOOD_SECONDS
    for mood in LINE_MOODS:
        yield "line", mood, MOOD_SECONDS
    yield "outage", "503", MOOD_SECONDS
    yield "cut", MODEL, 0.0
    yield "cut", LINE, 0.0


def _of_proxies() -> Iterator[Blow]:
    for way in (DATABASE, BUS):
        yield "delay", way, 5.0
        yield "throttle", way, 4.0
        yield "hold", way, 5.0
        yield "refuse", way, 3.0
        for _ in range(KILLS):
            yield "cut", way, 0.0
        for silent in ("up", "down", "both"):
            yield "lose", f"{way} {silent}", 5.0
    yield "kill", POSTGRES, 0.0
    yield "kill", NATS, 0.0
