"""People who come, do what people do with the bot, and go: at a steady rate, each answered."""

import asyncio
import random
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import Any
from uuid import uuid4

from bench.clinic import Clinic
from bench.door import Door, event, message, voice

ANSWER_SECONDS = 300.0
"""Long: a machine that has other things to do must not end an hour's run."""
FETCHES = 20
AGAIN_SECONDS = 1.0
OK = 200
LANGUAGES = ("英文", "越南文", "印尼文", "日文")
TOPICS = ("痛風", "糖尿病", "高血壓", "流感")
Event = dict[str, Any]
Talk = AsyncGenerator[Event, Event | None]
Life = Callable[["Crowd", str, random.Random], Talk]


class Unanswered(Exception):
    """A message was not answered in time."""


class Crowd:
    """`users` at a time; together they say one thing every 1/`rate` seconds."""

    def __init__(self, door: Door, *, rate: float, users: int, seed: int = 119) -> None:
        """Talk through a door."""
        self._door = door
        self._rate = rate
        self._users = users
        self._draw = random.Random(seed)
        self._next = 0.0
        self._waiting: dict[str, asyncio.Future[Event]] = {}
        self._of: dict[str, deque[str]] = {}
        self.turns = 0
        self.refused = 0
        self.seconds: deque[float] = deque(maxlen=1_000)
        Clinic.on_reply = self._replied

    async def run(self, turns: int) -> None:
        """Return once so many messages are answered; raises Unanswered when one is not."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._users):
                group.create_task(self._live_on(turns))

    async def _live_on(self, turns: int) -> None:
        while self.turns < turns:
            user = f"U{uuid4().hex}"
            life = self._draw.choices(LIVES, WEIGHTS)[0]
            answer: Event | None = None
            living = life(self, user, self._draw)
            while self.turns < turns:
                try:
                    said = await living.asend(answer)
                except StopAsyncIteration:
                    break
                answer = await self._told(user, said)
            await living.aclose()

    async def _told(self, user: str, said: Event) -> Event | None:
        await self._slot()
        loop = asyncio.get_running_loop()
        token, answered, began = said["replyToken"], loop.create_future(), loop.time()
        if said["type"] == "unfollow":
            await self._deliver(said)
            return None
        self._waiting[token] = answered
        self._of.setdefault(user, deque()).append(token)
        try:
            await self._deliver(said)
            answer = await asyncio.wait_for(answered, ANSWER_SECONDS)
        except TimeoutError:
            raise Unanswered(said["webhookEventId"]) from None
        finally:
            del self._waiting[token], self._of[user]
        self.turns += 1
        self.seconds.append(loop.time() - began)
        return answer

    async def _deliver(self, said: Event) -> None:
        while await self._door.post(said) != OK:
            self.refused += 1
            await asyncio.sleep(AGAIN_SECONDS)
            said["deliveryContext"] = {"isRedelivery": True}

    async def _slot(self) -> None:
        """Wait for this message's place; who was late makes nobody hurry."""
        now = asyncio.get_running_loop().time()
        self._next = max(now, self._next + 1 / self._rate)
        await asyncio.sleep(self._next - now)

    def _replied(self, sent: Event) -> None:
        token = sent.get("replyToken") or next(iter(self._of.get(sent["to"], ())), "")
        waiting = self._waiting.get(token)
        if waiting is not None and not waiting.done():
            waiting.set_result(sent)

    async def fetch(self, answer: Event | None) -> None:
        """Play the audio of an answer, as a phone does."""
        for each in (answer or {}).get("messages", ()):
            if each["type"] == "audio":
                path = "/audio/" + each["originalContentUrl"].rpartition("/")[2]
                assert await self._fetched(path), "no audio"

    async def _fetched(self, path: str) -> bool:
        for _ in range(FETCHES):
            found = await self._door.get(path)
            if found is not None and found[0] == OK:
                return True
            await asyncio.sleep(AGAIN_SECONDS)
        return False


async def interpret(crowd: Crowd, user: str, draw: random.Random) -> Talk:
    """Follow, choose a language, say some sentences, sometimes have one read aloud, leave."""
    yield event(user, {"type": "follow"})
    for word in ("開始", "聊天", draw.choice(LANGUAGES)):
        yield message(user, word)
    for _ in range(draw.randint(4, 12)):
        yield message(user, f"請問您哪裡痛？{draw.random()} " + "痛" * draw.randint(0, 60))
    if draw.random() < 0.3:
        await crowd.fetch((yield message(user, "朗讀")))
    if draw.random() < 0.3:
        yield event(user, {"type": "unfollow"})


async def speak(_: Crowd, user: str, draw: random.Random) -> Talk:
    """Send voice messages."""
    for word in ("開始", "聊天", draw.choice(LANGUAGES)):
        yield message(user, word)
    for _number in range(draw.randint(1, 4)):
        yield voice(user)


async def learn(_: Crowd, user: str, draw: random.Random) -> Talk:
    """Ask for a leaflet, change it, have it translated and mailed."""
    for word in ("開始", "衛教", draw.choice(TOPICS), "修改", "更簡短"):
        yield message(user, word)
    for word in ("翻譯", draw.choice(LANGUAGES)):
        yield message(user, word)
    for word in ("寄送", f"{user}@example.org", "確認寄送"):
        yield message(user, word)


async def in_a_group(_: Crowd, user: str, draw: random.Random) -> Talk:
    """Talk to the bot in a group of one's own."""
    group = f"C{user[1:]}"
    for word in ("開始", "聊天", draw.choice(LANGUAGES)):
        yield message(user, word, group=group)
    for _number in range(draw.randint(1, 5)):
        yield message(user, f"請問您哪裡痛？{draw.random()}", group=group)


LIVES: tuple[Life, ...] = (interpret, speak, learn, in_a_group)
WEIGHTS = (80, 6, 6, 8)
