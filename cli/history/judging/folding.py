"""I7: the log folds to what was kept of it, and can still be read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chassis.eventlog.codec import Unread
from cli.history.judging.findings import Finding, Verdict
from cli.history.judging.log import HEARD
from cli.history.judging.typed import erased_until, is_sealed, typed
from cli.history.records import History, Kept, LoggedEvent
from contracts.conversation import DataErased
from services.conversation.domain import (
    FORMAT,
    INITIAL,
    Conversation,
    decode_state,
    evolve,
    is_at_rest,
)

SEALED = "what users said is sealed: it was read without the keys"


@dataclass(frozen=True, slots=True)
class Fold:
    """What a stream folds to in the end, and at the version of which its state was kept."""

    events: Sequence[LoggedEvent]
    state: Conversation
    kept: Kept | None
    then: Conversation


Folds = Mapping[str, Fold] | None
"""Each conversation's; None when its words are sealed."""


def folded(history: History) -> Folds:
    """Fold every conversation, once for all judges."""
    if is_sealed(history.events):
        return None
    kept = {each.stream: each for each in history.kept}
    return {
        stream: _folded(events, kept.get(stream))
        for stream, events in history.streams.items()
        if any(event.type in HEARD or event.type == DataErased.NAME for event in events)
    }


def as_kept(history: History, folds: Folds) -> Verdict:
    """Judge I7: states that were kept, read models, and that all of it can still be read."""
    lacking = [] if history.rebuilt else ["the read models were not made anew"]
    found = list(_differing(history))
    for stream, fold in (folds or {}).items():
        found += _unreadable(stream, fold.events)
        found += _misfolded(stream, fold)
    return Verdict("I7", found, lacking if folds is not None else [*lacking, SEALED])


def at_rest(folds: Folds) -> Iterator[Finding]:
    """Yield the conversations in which something waits or is in hand, for I11."""
    for stream, fold in (folds or {}).items():
        if not is_at_rest(fold.state):
            waits = fold.state.work or fold.state.held
            turn = waits.said.id if waits else ""
            yield Finding("I11", "its conversation is not at rest", turn, stream)


def _folded(events: Sequence[LoggedEvent], kept: Kept | None) -> Fold:
    state, then = INITIAL, INITIAL
    for event in events:
        state = evolve(state, typed(event))
        if kept is not None and event.version == kept.version:
            then = state
    return Fold(events, state, kept, then)


def _differing(history: History) -> Iterator[Finding]:
    for each in history.rebuilt.differing if history.rebuilt else ():
        yield Finding("I7", f"{each.table}: row {each.row} {each.how}", stream=each.stream)


def _unreadable(stream: str, events: Sequence[LoggedEvent]) -> Iterator[Finding]:
    """Yield what cannot be read and was not erased: it was changed, or its key was lost."""
    erased = erased_until(events)
    for event in events:
        if event.version > erased and event.personal is not None and event.opened is None:
            what = f"the sealed part of version {event.version} ({event.type}) does not open"
            yield Finding("I7", what, event.turn or "", stream)
        if isinstance(typed(event).data, Unread):
            what = f"version {event.version} ({event.type}) is of a kind that nobody knows"
            yield Finding("I7", what, event.turn or "", stream)


def _misfolded(stream: str, fold: Fold) -> Iterator[Finding]:
    kept = fold.kept
    if kept is None or kept.format != FORMAT:
        return  # a cache: it may be missing, or of another release
    if kept.state is None:
        yield Finding("I7", f"its state of version {kept.version} does not open", stream=stream)
    elif kept.version > fold.state.version or decode_state(kept.state) != fold.then:
        what = f"its state of version {kept.version} is not what the log folds to"
        yield Finding("I7", what, stream=stream)
