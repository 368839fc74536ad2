"""A strict LINE: each reply token works once and for a minute, each retry key is accepted once."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

from services.notifier.delivery import Accepted, Heard, Rejected, Unheard
from services.notifier.render import apology
from tests.simulation.loop import SimulatedLoop

TOKEN_SECONDS = 60.0
TIMEOUT_SECONDS = 5.0
Mishap = Literal["error_before", "error_after", "silent_before", "silent_after", "busy"]
MISHAPS: tuple[Mishap, ...] = (
    "error_before",
    "error_after",
    "silent_before",
    "silent_after",
    "busy",
)
UNTOUCHED = frozenset({"error_before", "silent_before", "busy"})
"""Mishaps of calls that LINE does nothing about."""


NOT_TAKEN = Rejected(400, "The request body has 1 error(s)", ("messages[0].text",))


@dataclass(slots=True)
class Token:
    """A reply token: whose it is, how long it is good, whether it was used."""

    user: str
    until: float
    used: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """What a user was shown: by which call, when, and the texts in it."""

    at: float
    user: str
    channel: Literal["reply", "push"]
    by: str
    messages: Sequence[dict[str, Any]]

    @property
    def words(self) -> str:
        return repr(self.messages)


@dataclass
class Line:
    """The messenger's side of all calls."""

    loop: SimulatedLoop
    chance: Random
    note: Callable[..., None]
    mishaps: float = 0.0
    refusals: float = 0.0
    disliked: dict[str, bool] = field(default_factory=dict[str, bool])
    tokens: dict[str, Token] = field(default_factory=dict[str, Token])
    keys: dict[str, str] = field(default_factory=dict[str, str])
    shown: list[Shown] = field(default_factory=list[Shown])
    watch: Callable[[Shown], None] = lambda _: None

    def grant(self, token: str, user: str) -> None:
        """Make a reply token good for a minute from now, unless it is used up."""
        known = self.tokens.setdefault(token, Token(user, 0.0))
        known.until = self.loop.now + TOKEN_SECONDS

    def reply(self, token: str, messages: Sequence[dict[str, Any]]) -> Heard:
        """Take a reply."""
        known = self.tokens.get(token)
        if self._dislikes(messages):
            return NOT_TAKEN
        if known is None or known.used or self.loop.now > known.until:
            return Rejected(400, "Invalid reply token")
        known.used = True
        return self._show(known.user, "reply", token, messages)

    def push(self, to: str, messages: Sequence[dict[str, Any]], key: str) -> Heard:
        """Take a push."""
        if self._dislikes(messages):
            return NOT_TAKEN
        if key in self.keys:
            return Rejected(409, "The retry key is already accepted")
        self.keys[key] = to
        return self._show(to, "push", key, messages)

    def _dislikes(self, messages: Sequence[dict[str, Any]]) -> bool:
        """Tell whether these messages are malformed in LINE's eyes: once, so always."""
        words = repr(messages)
        if words not in self.disliked:
            fine = list(messages) == list(apology()) or self.chance.random() >= self.refusals
            self.disliked[words] = not fine
        return self.disliked[words]

    def _show(
        self,
        user: str,
        channel: Literal["reply", "push"],
        by: str,
        messages: Sequence[dict[str, Any]],
    ) -> Heard:
        shown = Shown(self.loop.now, user, channel, by, messages)
        self.shown.append(shown)
        self.note("line", f"shows {user} by {channel} {by[:12]}", messages)
        self.watch(shown)
        return Accepted((str(len(self.shown)),))


@dataclass
class Phone:
    """The notifier's side: LINE as one process reaches it, over a network that fails."""

    line: Line
    hurt: Callable[[], None]

    async def reply(self, token: str, messages: Sequence[dict[str, Any]]) -> Heard:
        return await self._call(lambda: self.line.reply(token, messages))

    async def push(self, to: str, messages: Sequence[dict[str, Any]], *, retry_key: str) -> Heard:
        return await self._call(lambda: self.line.push(to, messages, retry_key))

    async def show_loading(self, user: str, *, seconds: int) -> Heard:
        return await self._call(lambda: Accepted((user, str(seconds))))

    async def language_of(self, user: str) -> str:
        return "en" if user.endswith("1") else ""

    async def may_mark_as_read(self) -> bool:
        return False

    async def mark_as_read(self, token: str) -> Heard:
        return Rejected(400, token)

    async def _call(self, take: Callable[[], Heard]) -> Heard:
        line = self.line
        answer: asyncio.Future[Heard] = line.loop.create_future()
        mishap: Mishap | None = None
        if line.mishaps and line.chance.random() < line.mishaps:
            mishap = line.chance.choice(MISHAPS)
        line.loop.later(0.02 + line.chance.random() * 0.2, self._arrive, take, mishap, answer)
        return await answer

    def _arrive(
        self, take: Callable[[], Heard], mishap: Mishap | None, answer: "asyncio.Future[Heard]"
    ) -> None:
        line = self.line
        heard = Unheard() if mishap in UNTOUCHED else take()
        self.hurt()
        pause = 0.02 + line.chance.random() * 0.2
        match mishap:
            case "error_before" | "error_after":
                heard = Rejected(500, "Internal server error")
            case "silent_before" | "silent_after":
                heard, pause = Unheard(), TIMEOUT_SECONDS
            case "busy":
                heard = Rejected(429, "The API rate limit has been exceeded. Try again later.")
            case None:
                pass
        if mishap:
            line.note("line", f"misbehaves: {mishap}")
        line.loop.later(pause, line.loop.answered, answer, heard)
