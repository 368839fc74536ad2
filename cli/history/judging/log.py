"""The log read for its turns: what opened each, what was decided to be shown, what came of that."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from chassis.decider import derived_id
from cli.history.records import Fields, LoggedEvent
from contracts.conversation import ReplyRequested, WorkStarted
from contracts.gateway import (
    GroupJoined,
    MessageReceived,
    MessageUnsent,
    PostbackReceived,
    UnknownReceived,
    UserFollowed,
    UserUnfollowed,
)
from contracts.notifier import ReplyDelivered, ReplyFailed

TURNS = frozenset(
    each.NAME for each in (MessageReceived, PostbackReceived, UserFollowed, GroupJoined)
)
"""What is owed exactly one answer."""
HEARD = TURNS | {each.NAME for each in (UserUnfollowed, MessageUnsent, UnknownReceived)}
SETTLED = frozenset({ReplyDelivered.NAME, ReplyFailed.NAME})
# Private to the conversation: named here as they stand in the log.
TOKEN_LENT = "conversation.token_lent"  # noqa: S105 (an event's name)
INPUT_IGNORED = "conversation.input_ignored"
SLOWED_DOWN = "conversation.slowed_down"

_decoder = msgspec.json.Decoder(Fields)


@dataclass(frozen=True, slots=True)
class Fact:
    """An event of the log with its plain fields."""

    event: LoggedEvent
    fields: Fields

    @property
    def id(self) -> str:
        """Its name."""
        return self.event.id

    @property
    def type(self) -> str:
        """Its kind."""
        return self.event.type


@dataclass(slots=True)
class Turn:
    """Something that a user said: the end of it is an answer or an apology.

    `ends` are the answers that were decided, `words` those that only said that it takes longer.
    `lent`: it asked for another turn's result and gave that one its reply token.
    """

    opening: Fact
    ends: list[Fact] = field(default_factory=list[Fact])
    words: list[Fact] = field(default_factory=list[Fact])
    settled: list[Fact] = field(default_factory=list[Fact])
    lent: Fact | None = None
    ignored: Fact | None = None

    @property
    def id(self) -> str:
        """The event that opened it."""
        return self.opening.id

    @property
    def stream(self) -> str:
        """Its conversation."""
        return self.opening.event.stream

    @property
    def webhook_event_id(self) -> str:
        """LINE's name of what opened it."""
        return self.opening.fields.webhook_event_id

    @property
    def place(self) -> tuple[float, int]:
        """Its place among what its user said: the messenger's time, then our order."""
        sent_at = self.opening.fields.sent_at
        return sent_at.timestamp() if sent_at else self.opening.event.at, self.opening.event.version


class Log:
    """All streams, and what is to be looked up in them."""

    def __init__(self, streams: Mapping[str, Sequence[LoggedEvent]]) -> None:
        """Read every event once."""
        self.streams = {name: [_fact(each) for each in events] for name, events in streams.items()}
        self.turns: dict[str, Turn] = {}
        for fact in self.facts():
            if fact.type in TURNS:
                self.turns.setdefault(fact.id, Turn(fact))
        for fact in self.facts():
            self._note(fact)

    def facts(self) -> Iterator[Fact]:
        """Yield every fact, a stream after the other."""
        for facts in self.streams.values():
            yield from facts

    @cached_property
    def by_id(self) -> Mapping[str, Fact]:
        """Every fact by its name."""
        return {fact.id: fact for fact in self.facts()}

    @cached_property
    def heard(self) -> Mapping[str, Fact]:
        """What was recorded of each webhook event, by LINE's name of it."""
        return {f.fields.webhook_event_id: f for f in self.facts() if f.type in HEARD}

    @cached_property
    def replies(self) -> Mapping[str, Fact]:
        """What was to be shown, by its retry keys: the reply id, and that of its apology."""
        found: dict[str, Fact] = {}
        for fact in self.facts():
            if fact.type == ReplyRequested.NAME:
                found[fact.fields.reply_id] = fact
                found[derived_id(fact.fields.reply_id, "apology")] = fact
        return found

    @cached_property
    def _turn_of_request(self) -> Mapping[str, str]:
        started = (fact.fields for fact in self.facts() if fact.type == WorkStarted.NAME)
        return {fields.request_id: fields.turn_id for fields in started}

    def _lent_to(self, fact: Fact) -> str | None:
        """Return the turn that a message gave its reply token."""
        lent = fact.type == TOKEN_LENT
        return self._turn_of_request.get(fact.fields.request_id) if lent else None

    def by_token_of(self, event_id: str) -> Fact | None:
        """Return what was to be shown by the reply token of a message (named as in the log)."""
        word = self.replies.get(derived_id(event_id, "progress"))
        if word is not None:
            return word
        turn = self.turns.get(event_id)
        if turn is not None and turn.lent is not None:
            turn = self.turns.get(self._lent_to(turn.lent) or "")
        return turn.ends[0] if turn is not None and turn.ends else None

    def of_turn(self, name: str) -> list[Fact]:
        """Return all facts about a turn, those of its deliveries too."""
        return list(self._by_turn.get(name, ()))

    @cached_property
    def _by_turn(self) -> Mapping[str, Sequence[Fact]]:
        found: dict[str, list[Fact]] = {}
        for fact in self.facts():
            names = {fact.id, fact.event.turn, fact.fields.turn_id, self._lent_to(fact)}
            for turn in names & self.turns.keys():
                found.setdefault(turn or "", []).append(fact)
        return found

    def _note(self, fact: Fact) -> None:
        turn = self.turns.get(fact.fields.turn_id)
        cause = self.turns.get(fact.event.cause or "")
        if fact.type == ReplyRequested.NAME and turn is not None:
            (turn.ends if fact.fields.final else turn.words).append(fact)
        elif fact.type in SETTLED and turn is not None:
            turn.settled.append(fact)
        elif fact.type == TOKEN_LENT and cause is not None:
            cause.lent = fact
        elif fact.type == INPUT_IGNORED and cause is not None:
            cause.ignored = fact


def _fact(event: LoggedEvent) -> Fact:
    return Fact(event, _decoder.decode(event.data))
