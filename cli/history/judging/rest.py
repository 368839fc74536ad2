"""I11: once the faults have ended and everybody has caught up, nothing is left to be done."""

from collections.abc import Iterator

from cli.history.judging.findings import Finding, Verdict
from cli.history.judging.folding import Folds, at_rest
from cli.history.judging.log import Log
from cli.history.records import History, Rest


def nothing_left(history: History, log: Log, folds: Folds) -> Verdict:
    """Judge I11, by what the system had to do and by what its conversations wait for."""
    waiting = list(at_rest(folds))
    if history.rest is None:
        return Verdict("I11", waiting, ["what was left to be done was not recorded"])
    lacking = ["nobody counted the dead letters"] if history.rest.dead_letters is None else []
    return Verdict("I11", [*_left(history.rest, log), *waiting], lacking)


def _left(rest: Rest, log: Log) -> Iterator[Finding]:
    for name in rest.outbox:
        fact = log.by_id.get(name)
        what = f"{fact.type if fact else 'a request'} ({name}) is not settled"
        turn = (fact.fields.turn_id or fact.event.turn or "") if fact else ""
        yield Finding("I11", what, turn, fact.event.stream if fact else "")
    for stream in rest.pending:
        yield Finding("I11", "it waits to be looked at", stream=stream)
    if rest.dead_letters:
        yield Finding("I11", f"{rest.dead_letters} dead letters wait")
