"""Given, when, then for a decider whose stream is its mailbox: no loop, no I/O, no clock.

    given(CONVERSATION, said("開始")).when(said("衛教")).then(ModeChosen(mode="education"), ...)

Inputs are named input-1, input-2 … in the order of the story, decisions by their causes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, TypeVar

from chassis.decider import derived_id
from chassis.errors import Refused
from contracts.base import CloudEvent, Event

RECORDED = datetime(2026, 1, 1, tzinfo=UTC)
STREAM = "a-conversation"
ENDLESS = 1_000
"""A decider that goes on for longer than this without an input never comes to rest."""


class Input(Protocol):
    """What waits to be decided."""

    @property
    def id(self) -> str:
        """The id of the event that brought it."""
        ...


S = TypeVar("S")
I = TypeVar("I", bound=Input)  # noqa: E741 (S and I, as in decider: State and Input)


@dataclass(frozen=True, kw_only=True)
class Decider(Generic[S, I]):
    """The four things that make a decider."""

    initial: S
    evolve: Callable[[S, CloudEvent[Any]], S]
    next_input: Callable[[S], I | None]
    decide: Callable[[I, S], Sequence[Event]]


class Story(Generic[S, I]):
    """One stream, from its first event on, and what its decider made of it."""

    def __init__(self, decider: Decider[S, I]) -> None:
        """Begin with an empty stream."""
        self.decider = decider
        self.state = decider.initial
        self.log: list[CloudEvent[Any]] = []
        self.facts: list[Event] = []
        self.refusal: Refused | None = None
        self._inputs = 0

    def when(self, *inputs: Event) -> "Story[S, I]":
        """Let inputs arrive at once, then decide all that can be decided."""
        self.hear(*inputs)
        self.facts = []
        self.refusal = None
        try:
            self.drain()
        except Refused as refusal:
            self.refusal = refusal
        return self

    def then(self, *facts: Event) -> None:
        """Claim that exactly these facts followed from the last `when`."""
        assert self.refusal is None, f"refused: {self.refusal!r}"  # noqa: S101 (a test's word)
        assert self.facts == list(facts)  # noqa: S101 (a test's word)

    def then_nothing(self) -> None:
        """Claim that the last `when` caused no fact."""
        self.then()

    def then_refused(self, error: type[Refused]) -> None:
        """Claim that the last `when` was refused in this way."""
        assert isinstance(self.refusal, error), f"not refused: {self.facts}"  # noqa: S101 (a test's word)

    def hear(self, *inputs: Event) -> None:
        """Let inputs arrive without deciding anything."""
        for event in inputs:
            self._inputs += 1
            self._append(event, f"input-{self._inputs}", None)

    def drain(self) -> None:
        """Decide all that can be decided."""
        for _ in range(ENDLESS):
            if not self.step():
                return
        raise AssertionError("the decider never comes to rest")

    def step(self) -> bool:
        """Decide one input; False when there is none to decide."""
        pending = self.decider.next_input(self.state)
        if pending is None:
            return False
        decided = self.decider.decide(pending, self.state)
        for number, fact in enumerate(decided):
            self._append(fact, derived_id(pending.id, str(number), fact.NAME), pending.id)
        self.facts += decided
        return True

    def _append(self, event: Event, name: str, cause: str | None) -> None:
        recorded = CloudEvent(
            id=name,
            type=event.NAME,
            source="story",
            time=RECORDED,
            stream=STREAM,
            version=len(self.log) + 1,
            data=event,
            cause=cause,
        )
        self.log.append(recorded)
        self.state = self.decider.evolve(self.state, recorded)


def given(decider: Decider[S, I], *inputs: Event) -> Story[S, I]:
    """Return a stream in which these inputs arrived and were decided one after the other."""
    story = Story(decider)
    for event in inputs:
        story.when(event)
    return story
