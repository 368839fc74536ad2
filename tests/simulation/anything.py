"""Statements drawn by chance, for whoever wants to know whether two databases say the same."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from chassis.decider import derived_id
from chassis.eventlog.appending import APPEND
from chassis.eventlog.erasure import _ERASE
from chassis.eventlog.keyring import _FIND, _MAKE
from chassis.eventlog.people import _NOTE, _OF
from contracts.subjects import REPLY_REQUESTED, TRANSLATION_REQUESTED
from services.conversation.personal_data.erasing import _AT_WORK
from services.conversation.sweeper import _DUE_REQUESTS, _DUE_STREAMS
from services.notifier.ledger import _CLAIM, _RELEASE, _RENEW
from tests.simulation.statements import INLINE

STREAMS = 3
NAMES = 12
NOW, NEVER_AGAIN = timedelta(0), timedelta(hours=1)
NO_SUCH_KEY = 1_000_000
WAKE = datetime(2026, 1, 1, tzinfo=UTC)
Statement = tuple[str, tuple[Any, ...]]


@dataclass
class Anything:
    """Draws statements that services might send, right ones and wrong ones."""

    chance: Random
    events: list[UUID] = field(default_factory=list[UUID])
    versions: dict[UUID, int] = field(default_factory=dict[UUID, int])
    made: int = 0

    def statements(self, many: int) -> Iterator[Statement]:
        """Yield so many, each when the one before has been answered."""
        kinds = [self.append] * 8 + [self.erase, self.key, self.person] + [self.ledger] * 4
        kinds += [self.look] * 4 + [self.sweep]
        for _ in range(many):
            yield self.chance.choice(kinds)()

    def stream(self) -> UUID:
        return UUID(derived_id("stream", str(self.chance.randrange(STREAMS))))

    def append(self) -> Statement:
        stream, many = self.stream(), self.chance.randint(1, 3)
        ids = [self._new_id() for _ in range(many)]
        self.events += ids
        snapshot = self.chance.choice((None, None, b"state"))
        given = (
            stream,
            self._expected(stream),
            self._maybe(f"key-{self.chance.randrange(NAMES)}"),
            "/test",
            [None] * many,
            ids,
            [self.chance.choice(("a.b", "c.d"))] * many,
            [1] * many,
            ['{"x":1}'] * many,
            [self._maybe(b"sealed") for _ in ids],
            [self._maybe(self._known_id()) for _ in ids],
            [self._maybe(self._known_id()) for _ in ids],
            self._maybe([self._subject() for _ in ids]),
            self._maybe([self._known_id()]),
            self.chance.choice((None, True, False)),
            self.chance.choice((True, False)),
            self._maybe(WAKE),
            2 if snapshot else None,
            snapshot,
            self.chance.choice((NOW, NEVER_AGAIN)),
            self.chance.choice((None, None, None, NO_SUCH_KEY)),
        )
        return APPEND, given

    def erase(self) -> Statement:
        stream = self.stream()
        name = self._new_id()
        given = (
            stream,
            self._expected(stream) or 0,
            f"key-{self.chance.randrange(NAMES)}",
            "/test",
            None,
            name,
            "erased",
            1,
            "{}",
            b"sealed",
            self._maybe(self._known_id()),
            None,
            b"new key",
            ["a.b"],
        )
        return _ERASE, given

    def key(self) -> Statement:
        stream = self.stream()
        return self.chance.choice(((_MAKE, (stream, b"key")), (_FIND, (stream,))))

    def person(self) -> Statement:
        note = (_NOTE, (self.stream(), self.stream()))
        return self.chance.choice((note, (_OF, (self.stream(),))))

    def ledger(self) -> Statement:
        reply = f"reply-{self.chance.randrange(3)}"
        learned = tuple(self.chance.random() < 0.5 for _ in range(3))
        attempt = self.chance.randint(1, 3)
        length = self.chance.choice((NOW, NEVER_AGAIN))
        claim = (
            self._known_id(),
            self.stream(),
            REPLY_REQUESTED,
            self.chance.randint(1, 30),
            reply,
            f"turn-{reply}",
            UUID(int=1),
            "a",
            length,
        )
        return self.chance.choice(
            (
                (_CLAIM, claim),
                (_CLAIM, claim),
                (_RENEW, (reply, attempt, *learned, length)),
                (_RELEASE, (reply, attempt + 9, *learned)),
                (INLINE["is_being_answered"], (f"turn-{reply}",)),
            )
        )

    def look(self) -> Statement:
        stream, known = self.stream(), self._known_id()
        return self.chance.choice(
            (
                (INLINE["read"], (stream, self.chance.randrange(9), self._maybe(2))),
                (INLINE["read_event"], (known,)),
                (INLINE["read_kinds"], (stream, ["a.b", "erased"])),
                (INLINE["snapshot"], (stream, self.chance.choice((1, 2)))),
                (INLINE["looked_at"], (stream, self.versions.get(stream, 0))),
                (INLINE["is_owed"], (known,)),
                (INLINE["park"], (known,)),
                (_AT_WORK, ([stream, self.stream()], known)),
            )
        )

    def sweep(self) -> Statement:
        requests = (_DUE_REQUESTS, (self.chance.choice((NOW, NEVER_AGAIN)), NEVER_AGAIN, 100))
        return self.chance.choice((requests, (_DUE_STREAMS, (NOW, 100))))

    def _new_id(self) -> UUID:
        self.made += 1
        repeated = self.events and self.chance.random() < 0.03
        return self.chance.choice(self.events) if repeated else UUID(int=self.made + 1000)

    def _known_id(self) -> UUID:
        return self.chance.choice(self.events) if self.events else UUID(int=1)

    def _subject(self) -> str | None:
        return self.chance.choice((None, REPLY_REQUESTED, TRANSLATION_REQUESTED))

    def _expected(self, stream: UUID) -> int | None:
        right = self.versions.get(stream, 0)
        return self.chance.choice((None, right, right, right + 1, max(right - 1, 0)))

    def _maybe(self, value: Any) -> Any:
        return value if self.chance.random() < 0.5 else None
