"""JetStream in memory: streams, durable pull consumers, ack waits, and the ways of losing things.

It knows no clock of its own: whoever makes it says how time passes, so it runs on a real loop in
the suite that it shares with nats-server (`test_same_bus.py`) and on the simulated one.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from nats.js.api import ConsumerConfig, StreamConfig

WINDOW = 120.0
"""How long a stream knows the ids of its messages."""
HEADERS_OF_STATUS = {"Status": "100", "Description": "Idle Heartbeat"}
NOBODY = {"Status": "503"}


class Scheduler(Protocol):
    """Passes the time."""

    @property
    def now(self) -> float:
        """Seconds since whenever."""
        ...

    def later(self, seconds: float, what: Callable[..., object], *args: Any) -> object:
        """Call `what` after a while."""
        ...


Inbox = Callable[["Sent"], None]
"""Whoever asked; takes a message off the server's hands."""


@dataclass(slots=True)
class Kept:
    """A message of a stream."""

    seq: int
    subject: str
    data: bytes
    headers: dict[str, str] | None


@dataclass(slots=True)
class Sent:
    """A message, or a word about the pull, on its way to whoever asked."""

    subject: str
    data: bytes
    headers: dict[str, str] | None
    consumer: "Durable | None" = None
    seq: int = 0
    delivered: int = 0


@dataclass(slots=True)
class Asked:
    """A standing pull."""

    inbox: Inbox
    room: int
    expires_at: float
    is_open: Callable[[], bool]
    whose: object = None


@dataclass
class Stored:
    """A stream: its messages in order, the newest ids."""

    config: StreamConfig
    messages: list[Kept] = field(default_factory=list[Kept])
    ids: dict[str, float] = field(default_factory=dict[str, float])
    consumers: dict[str, "Durable"] = field(default_factory=dict[str, "Durable"])

    def takes(self, subject: str) -> bool:
        return any(matches(pattern, subject) for pattern in self.config.subjects or ())


def matches(pattern: str, subject: str) -> bool:
    """Tell whether a subject falls under a pattern that may end in `>`."""
    return subject.startswith(pattern[:-1]) if pattern.endswith(">") else subject == pattern


class Durable:
    """A durable pull consumer."""

    def __init__(self, time: Scheduler, stream: Stored, config: ConsumerConfig) -> None:
        self._time = time
        self._stream = stream
        self._filters = tuple(config.filter_subjects or ())
        self._wait = config.ack_wait or 30.0
        self._next = 0
        self._again: deque[int] = deque()
        self._unacked: dict[int, float] = {}
        self._delivered: dict[int, int] = {}
        self._holders: dict[int, tuple[object, float]] = {}
        self._pulls: deque[Asked] = deque()
        self._is_gone = False

    def vanish(self) -> None:
        """Be lost with the disk."""
        self._is_gone = True

    @property
    def left(self) -> int:
        """How many messages are neither acknowledged nor given up."""
        ahead = self._stream.messages[self._next :]
        wanted = sum(1 for each in ahead if self._wants(each.subject))
        return wanted + len(self._again) + len(self._unacked)

    def held_by(self, whose: object, since: float = 0.0) -> list[int]:
        """Return what was given since then to somebody last who has not said a word about it."""
        found = self._holders.items()
        return [seq for seq, (holder, at) in found if holder is whose and at >= since]

    def pull(self, asked: Asked, heartbeat: float) -> None:
        """Let somebody wait for messages."""
        self._pulls.append(asked)
        self._time.later(asked.expires_at - self._time.now, self._expire, asked)
        if heartbeat:
            self._time.later(heartbeat, self._beat, asked, heartbeat)
        self.pump()

    def pump(self) -> None:
        """Hand out what there is to whoever waits."""
        while self._pulls and not self._is_gone:
            asked = self._pulls[0]
            if not asked.is_open() or asked.room <= 0:
                self._pulls.popleft()
                continue
            seq = self._take()
            if seq is None:
                return
            asked.room -= 1
            self._send(asked, seq)

    def ack(self, seq: int) -> None:
        """Be done with a message."""
        self._unacked.pop(seq, None)
        self._delivered.pop(seq, None)
        self._holders.pop(seq, None)

    def nak(self, seq: int, delay: float) -> None:
        """Deliver a message again, after a while."""
        if seq in self._unacked:
            self._holders.pop(seq, None)
            self._unacked[seq] = self._time.now + delay
            self._time.later(delay, self._overdue, seq)

    def in_progress(self, seq: int) -> None:
        """Wait longer for whoever works on a message."""
        if seq in self._unacked:
            self._unacked[seq] = self._time.now + self._wait
            self._time.later(self._wait, self._overdue, seq)

    def repeat(self, seq: int) -> None:
        """Deliver a message once more, though nobody asked for that."""
        self._again.append(seq)
        self.pump()

    def _send(self, asked: Asked, seq: int) -> None:
        kept = self._stream.messages[seq - 1]
        self._delivered[seq] = self._delivered.get(seq, 0) + 1
        self._unacked[seq] = self._time.now + self._wait
        self._holders[seq] = asked.whose, self._time.now
        self._time.later(self._wait, self._overdue, seq)
        asked.inbox(Sent(kept.subject, kept.data, kept.headers, self, seq, self._delivered[seq]))

    def _take(self) -> int | None:
        if self._again:
            return self._again.popleft()
        self._skip()
        if self._next >= len(self._stream.messages):
            return None
        self._next += 1
        return self._next

    def _skip(self) -> None:
        messages = self._stream.messages
        while self._next < len(messages) and not self._wants(messages[self._next].subject):
            self._next += 1

    def _wants(self, subject: str) -> bool:
        return any(matches(each, subject) for each in self._filters)

    def _overdue(self, seq: int) -> None:
        due = self._unacked.get(seq)
        if self._is_gone or due is None or due > self._time.now + 1e-9:
            return
        del self._unacked[seq]
        self._holders.pop(seq, None)
        self._again.append(seq)
        self.pump()

    def _expire(self, asked: Asked) -> None:
        if asked in self._pulls and not self._is_gone:
            self._pulls.remove(asked)
            if asked.is_open():
                unused = {"Status": "408", "Nats-Pending-Messages": str(asked.room)}
                asked.inbox(Sent("", b"", unused))

    def _beat(self, asked: Asked, every: float) -> None:
        if asked in self._pulls and asked.is_open() and not self._is_gone:
            asked.inbox(Sent("", b"", HEADERS_OF_STATUS))
            self._time.later(every, self._beat, asked, every)


class Server:
    """One nats-server."""

    def __init__(self, time: Scheduler) -> None:
        self.time = time
        self.streams: dict[str, Stored] = {}
        self.wipes = 0
        self._listeners: list[tuple[str, Inbox]] = []

    def wipe(self) -> None:
        """Lose the disk: all streams and consumers are gone; connections are made anew."""
        for consumer in self.consumers():
            consumer.vanish()
        self.streams = {}
        self.wipes += 1

    def has(self, *streams: str) -> bool:
        """Tell whether these streams are there."""
        return all(name in self.streams for name in streams)

    def add_stream(self, config: StreamConfig) -> None:
        """Make a stream unless it is there."""
        self.streams.setdefault(config.name or "", Stored(config))

    def update_stream(self, config: StreamConfig) -> None:
        """Change what a stream is like, if it is there."""
        if config.name in self.streams:
            self.streams[config.name].config = config

    def config_of(self, stream: str) -> StreamConfig | None:
        """Return what a stream is like; None when it is not there."""
        found = self.streams.get(stream)
        return found.config if found else None

    def add_consumer(self, stream: str, config: ConsumerConfig) -> bool:
        """Make a durable consumer unless it is there; False when its stream is not."""
        found = self.streams.get(stream)
        if found is None:
            return False
        name = config.durable_name or ""
        if name not in found.consumers:
            found.consumers[name] = Durable(self.time, found, config)
        return True

    def listen(self, pattern: str, inbox: Inbox) -> None:
        """Hand on what is published to a subject, while it is published."""
        self._listeners.append((pattern, inbox))

    def mute(self, inbox: Inbox) -> None:
        """Hand nothing on to somebody any more."""
        self._listeners = [each for each in self._listeners if each[1] is not inbox]

    def publish(self, subject: str, data: bytes, headers: dict[str, str] | None) -> bool:
        """Keep a message where a stream takes it, tell who listens; False: nobody stores it."""
        for pattern, inbox in list(self._listeners):
            if matches(pattern, subject):
                inbox(Sent(subject, data, headers))
        for stream in self.streams.values():
            if stream.takes(subject):
                self._keep(stream, subject, data, headers)
                return True
        return False

    def consumer(self, stream: str, name: str) -> Durable | None:
        """Return a consumer that is there."""
        found = self.streams.get(stream)
        return found.consumers.get(name) if found else None

    def consumers(self) -> list[Durable]:
        """Return all consumers."""
        return [each for stream in self.streams.values() for each in stream.consumers.values()]

    def _keep(
        self, stream: Stored, subject: str, data: bytes, headers: dict[str, str] | None
    ) -> None:
        name = (headers or {}).get("Nats-Msg-Id")
        if name is not None:
            if self.time.now - stream.ids.get(name, -WINDOW) < WINDOW:
                return
            stream.ids[name] = self.time.now
        stream.messages.append(Kept(len(stream.messages) + 1, subject, data, headers))
        for consumer in stream.consumers.values():
            consumer.pump()
