"""I8: two replays are the same to the byte, and decide what the log says was decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import msgspec

from chassis.decider import derived_id
from cli.history.judging.findings import Finding, Verdict, blind
from cli.history.judging.folding import SEALED, Folds
from cli.history.judging.typed import erased_until, typed
from cli.history.records import LoggedEvent
from contracts.base import CloudEvent, Event
from services.conversation.domain import (
    INITIAL,
    INPUTS,
    Conversation,
    decide,
    encode_state,
    evolve,
    next_input,
)

DECIDER = "/conversation"
Folded = CloudEvent[Any]


def as_decided(folds: Folds) -> Verdict:
    """Judge I8. What an erasure destroyed cannot be decided again, and is folded only."""
    if folds is None:
        return blind("I8", SEALED)
    found: list[Finding] = []
    for stream, fold in folds.items():
        first, second = _replayed(fold.events), _replayed(fold.events)
        if first.print != second.print:
            found.append(Finding("I8", "two replays of it differ", stream=stream))
        found += (Finding("I8", what, turn, stream) for what, turn in first.breaches)
    return Verdict("I8", found)


@dataclass(frozen=True, slots=True)
class _Replay:
    """All that one replay gives, and where that is not what the log says (with the turn)."""

    print: bytes
    breaches: Sequence[tuple[str, str]]


def _replayed(events: Sequence[LoggedEvent]) -> _Replay:
    state, erased = INITIAL, erased_until(events)
    prints: list[bytes] = []
    breaches: list[tuple[str, str]] = []
    for cause, group in groupby(map(typed, events), key=_decided_upon):
        said = list(group)
        if cause is not None and said[0].version > erased:
            facts, wrong = _decided_again(cause, state, said)
            prints.append(msgspec.msgpack.encode(facts))
            breaches += [(wrong, said[0].turn or "")] if wrong else []
        for event in said:
            state = evolve(state, event)
    return _Replay(b"".join([*prints, encode_state(state)]), breaches)


def _decided_upon(event: Folded) -> str | None:
    """Return the input that a fact was decided upon; None for an input."""
    is_decision = event.source == DECIDER and not isinstance(event.data, INPUTS)
    return event.cause if is_decision else None


def _decided_again(
    cause: str, state: Conversation, said: Sequence[Folded]
) -> tuple[Sequence[Event], str]:
    """Return what is decided now, and what is wrong with what was decided then."""
    where = f"version {said[0].version} ({said[0].type})"
    pending = next_input(state)
    if pending is None or pending.id != cause:
        return (), f"{where} was decided upon {cause} when something else was next"
    facts = decide(pending, state)
    if list(facts) != [event.data for event in said]:
        return facts, f"decided again, {where} and what follows from {cause} come out otherwise"
    named = [derived_id(cause, str(number), fact.NAME) for number, fact in enumerate(facts)]
    if named != [event.id for event in said]:
        return facts, f"the ids of {where} and what follows from {cause} are those of others"
    return facts, ""
