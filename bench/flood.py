"""Messages at a rate, whether or not the ones before are answered; refused ones come again."""

import asyncio
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

from bench.clinic import Clinic
from bench.door import Door, message

OK = 200
AGAIN_SECONDS = 1.0
"""LINE's own pause before it delivers again is not told; a second is hard on the door."""
WARMING_AT_ONCE = 8
WARMING_SECONDS = 60.0
LOOK_SECONDS = 0.02
Event = dict[str, Any]


@dataclass(slots=True)
class Wave:
    """What became of the messages of some seconds."""

    sent: dict[str, float] = field(default_factory=dict[str, float])
    acknowledged: dict[str, float] = field(default_factory=dict[str, float])
    statuses: Counter[int | None] = field(default_factory=Counter[int | None])
    acks: list[float] = field(default_factory=list[float])


class Flood:
    """Users in translation mode, and what they have been answered."""

    def __init__(self, door: Door, users: int) -> None:
        """Talk through a door."""
        self._door = door
        self._users = [f"U{uuid4().hex}" for _ in range(users)]
        self._turn = count()
        self._tokens: dict[str, list[str]] = {}
        self.answers: Counter[str] = Counter()
        self.answered: dict[str, float] = {}
        Clinic.on_reply = self._replied

    async def warm_up(self) -> None:
        """Bring all users into translation mode."""
        room = asyncio.Semaphore(WARMING_AT_ONCE)

        async def one(user: str) -> None:
            async with room:
                for word in ("開始", "聊天", "英文"):
                    said = message(user, word)
                    wave = Wave()
                    await self._deliver(said, wave)
                    assert await self.rest(wave, WARMING_SECONDS), "no answer"

        await asyncio.gather(*(one(user) for user in self._users))

    async def pour(self, rate: float, seconds: float, *, padding: int = 0) -> Wave:
        """Send `rate` messages a second for some seconds; return once each is acknowledged."""
        loop, wave = asyncio.get_running_loop(), Wave()
        began, sending = loop.time(), set[asyncio.Task[None]]()
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - loop.time()))
            turn = next(self._turn)
            user = self._users[turn % len(self._users)]
            said = message(user, f"請問您今天哪裡痛？{turn}" + "痛" * padding)
            wave.sent[said["replyToken"]] = loop.time()
            sending.add(asyncio.create_task(self._deliver(said, wave)))
        await asyncio.gather(*sending)
        return wave

    async def rest(self, wave: Wave, within: float) -> bool:
        """Wait until all that was acknowledged is answered; False when it is not in time."""
        ends = asyncio.get_running_loop().time() + within
        while self.unanswered(wave):
            if asyncio.get_running_loop().time() > ends:
                return False
            await asyncio.sleep(LOOK_SECONDS)
        return True

    def unanswered(self, wave: Wave) -> int:
        """Return how many acknowledged messages have no answer."""
        return sum(not self.answers[token] for token in wave.acknowledged)

    def doubled(self, wave: Wave) -> int:
        """Return how many messages have more than one answer."""
        return sum(self.answers[token] > 1 for token in wave.sent)

    def seconds(self, wave: Wave) -> list[float]:
        """Return how long each answer took from its acknowledged webhook's sending, sorted."""
        return sorted(
            self.answered[token] - at
            for token, at in wave.acknowledged.items()
            if token in self.answered
        )

    async def _deliver(self, said: Event, wave: Wave) -> None:
        loop, token = asyncio.get_running_loop(), said["replyToken"]
        self._tokens.setdefault(said["source"]["userId"], []).append(token)
        while True:
            began = loop.time()
            status = await self._door.post(said)
            wave.statuses[status] += 1
            if status == OK:
                wave.acks.append(loop.time() - began)
                wave.acknowledged[token] = began
                return
            await asyncio.sleep(AGAIN_SECONDS)
            said["deliveryContext"] = {"isRedelivery": True}

    def _replied(self, sent: Event) -> None:
        token = sent.get("replyToken") or self._oldest(str(sent.get("to")))
        self.answers[token] += 1
        self.answered.setdefault(token, asyncio.get_running_loop().time())

    def _oldest(self, user: str) -> str:
        """Return the token that a push takes the place of: answers come in order."""
        return next((each for each in self._tokens[user] if not self.answers[each]), "")


def percentile(figures: Sequence[float], share: float) -> float:
    """Return a percentile of sorted figures; 0 of none."""
    return figures[min(len(figures) - 1, int(len(figures) * share))] if figures else 0.0


def middle(figures: Sequence[float]) -> float:
    """Return the median; 0 of none."""
    return statistics.median(figures) if figures else 0.0
