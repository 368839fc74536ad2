"""Fifty messages a second, whatever happens to the system meanwhile; and when each was answered."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle

from chassis.testing import poll
from tests.e2e.history import NONCE
from tests.e2e.moments import PATIENCE_SECONDS, elapse
from tests.e2e.webhooks import OK, REDELIVERY_SECONDS, Said
from tests.e2e.world import World, new_tag, new_user, sentence

MESSAGES_PER_SECOND = 50
AT_ONCE = 20
"""Users who choose their language at the same time: before the measuring nobody is to wait long."""
_TAG = re.compile(NONCE)


@dataclass(slots=True)
class Turn:
    """One message: when it was sent, and when the door had it."""

    said: Said
    tag: str
    sent_at: float
    acknowledged_at: float = 0.0


@dataclass(slots=True)
class Load:
    """Translating users who write in turn."""

    world: World
    users: Sequence[str]
    turns: list[Turn] = field(default_factory=list[Turn])
    _deliveries: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    async def run(self) -> None:
        """Send until cancelled."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number, user in enumerate(cycle(self.users), 1):
            tag = new_tag()
            turn = Turn(self.world.platform.message(user, sentence(tag)), tag, time.time())
            self.turns.append(turn)
            delivery = asyncio.create_task(self._deliver(turn))
            self._deliveries.add(delivery)
            delivery.add_done_callback(self._deliveries.discard)
            await elapse(max(0.0, began + number / MESSAGES_PER_SECOND - loop.time()))

    async def finish(self) -> None:
        """Wait until every message is at the door and answered."""
        await asyncio.gather(*self._deliveries)
        await poll(self._all_answered, PATIENCE_SECONDS, what=f"{len(self.turns)} answers")

    def acknowledgements(self, since: float) -> list[float]:
        """Return when the door took messages, from a moment on, in order."""
        found = (turn.acknowledged_at for turn in self.turns)
        return sorted(each for each in found if each >= since)

    def answers(self) -> dict[str, float]:
        """Return when each message's answer was shown, known by its tag or else its reply token."""
        tags = {turn.said.token: turn.tag for turn in self.turns}
        known = set(tags.values())
        found: dict[str, float] = {}
        for shown in self.world.line.ledger.shown:
            named = _TAG.search(shown.text)
            tag = named.group() if named else tags.get(shown.proof, "")
            if tag in known:
                found[tag] = shown.at
        return found

    def _all_answered(self) -> bool:
        return len(self.answers()) == len(self.turns)

    async def _deliver(self, turn: Turn) -> None:
        again = False
        while await self.world.platform.attempt(turn.said, again=again) != OK:
            await elapse(REDELIVERY_SECONDS)
            again = True
        turn.acknowledged_at = time.time()


async def translators(world: World, count: int) -> list[str]:
    """Return so many new users in translation mode."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def translator() -> str:
        async with turn:
            return await world.translating(new_user())

    return await asyncio.gather(*(translator() for _ in range(count)))


@asynccontextmanager
async def load(world: World, users: Sequence[str]) -> AsyncGenerator[Load]:
    """Send for the length of a block, then wait for what is still to be answered."""
    made = Load(world, users)
    sending = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    await made.finish()
