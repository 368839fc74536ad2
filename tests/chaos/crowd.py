"""Users who write at a steady pace, and LINE, which delivers until it is told 200."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Literal

from tests.chaos.stage import Stage
from tests.e2e.groups import MENTION, NAME, group_of
from tests.e2e.line import Medium
from tests.e2e.moments import PATIENCE_SECONDS, elapse
from tests.e2e.voices import recording
from tests.e2e.webhooks import OK, Said
from tests.e2e.world import new_user, sentence

NONCE = r"tag-\d{6}"
FIRST_REDELIVERY_SECONDS = 1.0
LONGEST_REDELIVERY_SECONDS = 8.0
DUPLICATES = 0.03
LATEST_DUPLICATE_SECONDS = 15.0
MOST_UNDELIVERED = 3_000

Kind = Literal["translator", "learner", "member", "restless"]
SHARES: dict[Kind, float] = {"translator": 0.88, "learner": 0.06, "member": 0.03, "restless": 0.03}
OPENINGS: dict[Kind, tuple[str, ...]] = {
    "translator": ("開始", "聊天", "英文"),
    "learner": ("開始", "衛教"),
    "member": ("開始", "聊天", "日文"),
    "restless": ("開始",),
}
EXTRAS: dict[Kind, tuple[str, ...]] = {
    "translator": ("voice", "voice", "朗讀", "sticker", "繼續翻譯"),
    "learner": ("修改", "翻譯", "英文", "寄送", "address", "確認寄送", "sticker"),
    "member": ("朗讀",),
    "restless": ("new", "聊天", "英文", "stop", "衛教", "聊天", "泰文"),
}
EXTRA_SHARE: dict[Kind, float] = {
    "translator": 0.07,
    "learner": 0.6,
    "member": 0.05,
    "restless": 0.6,
}


@dataclass(frozen=True, slots=True)
class Speaker:
    """A user and what kind of user that is."""

    user: str
    kind: Kind


class Crowd:
    """Some hundred users; what they write is drawn from a seed, each text with a tag of its own."""

    def __init__(self, stage: Stage, chance: Random, users: int) -> None:
        """Know the users; nobody has written yet."""
        self.speakers = [Speaker(new_user(), kind) for kind in _kinds(users)]
        self._stage = stage
        self._world = stage.world
        self._chance = chance
        self._tags = (f"tag-{number:06d}" for number in count(1))
        self._deliveries: set[asyncio.Task[None]] = set()

    async def begin(self, rate: float) -> None:
        """Bring everybody to where they are going to talk, at this pace."""
        for speaker in self.speakers:
            for text in OPENINGS[speaker.kind]:
                self._send(self._said(speaker, text))
                await elapse(1 / rate)
        await self.delivered()
        await self._stage.at_rest(PATIENCE_SECONDS)

    async def talk(self, rate: float, seconds: float) -> None:
        """Write so many messages a second for a while, however long their delivery takes."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number in range(int(rate * seconds)):
            await elapse(max(began + number / rate - loop.time(), 0.0))
            if len(self._deliveries) < MOST_UNDELIVERED:
                self._send(self._next())

    async def delivered(self) -> None:
        """Wait until LINE has been told 200 for every event."""
        while self._deliveries:
            await asyncio.gather(*self._deliveries)

    async def end(self) -> None:
        """Leave nothing under way."""
        for task in self._deliveries:
            task.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)

    def _next(self) -> Said:
        speaker = self._chance.choice(self.speakers)
        tag = next(self._tags)
        if self._chance.random() >= EXTRA_SHARE[speaker.kind]:
            return self._said(
                speaker, f"痛風 {tag}" if speaker.kind == "learner" else sentence(tag)
            )
        return self._extra(speaker, self._chance.choice(EXTRAS[speaker.kind]), tag)

    def _extra(self, speaker: Speaker, what: str, tag: str) -> Said:
        platform = self._world.platform
        match what:
            case "voice":
                said = platform.voice(speaker.user)
                self._world.line.media[said.message_id] = Medium(recording(tag), "audio/wav")
                return said
            case "sticker":
                return platform.sent(speaker.user, "sticker", packageId="1", stickerId="2")
            case "address":
                return self._said(speaker, f"{tag}@example.org")
            case word:
                return self._said(speaker, word)

    def _said(self, speaker: Speaker, text: str) -> Said:
        if speaker.kind != "member":
            return self._world.platform.message(speaker.user, text)
        source = group_of(speaker.user)
        # Whom LINE shows it to is the group.
        said = self._world.platform.message(source["groupId"], f"{NAME} {text}")
        said.event["source"] = source
        said.event["message"] |= MENTION
        return said

    def _send(self, said: Said) -> None:
        task = asyncio.create_task(self._deliver(said))
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)

    async def _deliver(self, said: Said) -> None:
        platform = self._world.platform
        pause = FIRST_REDELIVERY_SECONDS
        status = await platform.attempt(said)
        while status != OK:
            await elapse(pause * self._chance.uniform(0.8, 1.2))
            pause = min(pause * 2, LONGEST_REDELIVERY_SECONDS)
            status = await platform.attempt(said, again=True)
        if self._chance.random() < DUPLICATES:
            await elapse(self._chance.uniform(0.0, LATEST_DUPLICATE_SECONDS))
            await platform.attempt(said, again=True)


def _kinds(users: int) -> Iterator[Kind]:
    for kind, share in SHARES.items():
        for _ in range(max(round(users * share), 1)):
            yield kind
