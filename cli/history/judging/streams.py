"""I5 and I6: versions without a gap, and nothing that happened twice."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from cli.history.judging.findings import Finding, Verdict
from cli.history.judging.log import HEARD, SETTLED, Fact, Log
from cli.history.records import History
from contracts.conversation import DataErased, DataExported, DataFailed
from contracts.education import EducationFailed, EducationReady
from contracts.notifier import EmailFailed, EmailSent
from contracts.speech import (
    AudioSynthesized,
    SpeechFailed,
    TranscriptionFailed,
    TranscriptionReady,
)
from contracts.translation import TranslationFailed, TranslationReady

RESULTS = frozenset(
    each.NAME
    for each in (
        *(EducationReady, EducationFailed, TranslationReady, TranslationFailed),
        *(TranscriptionReady, TranscriptionFailed, AudioSynthesized, SpeechFailed),
        *(EmailSent, EmailFailed, DataExported, DataErased, DataFailed),
    )
)
"""What ends a request: one of them, once."""


def without_gaps(history: History, log: Log) -> Verdict:
    """Judge I5, by the events and by where the log says that its streams end."""
    heads = history.rest.heads if history.rest else None
    found = [*_gaps(log.streams), *(_beheaded(log.streams, heads) if heads is not None else ())]
    lacking = ["where the streams end was not recorded"] if heads is None else []
    return Verdict("I5", found, lacking)


def nothing_twice(log: Log) -> Verdict:
    """Judge I6."""
    return Verdict("I6", [*_ids_twice(log), *_twice(log)])


def _gaps(streams: Mapping[str, Sequence[Fact]]) -> Iterator[Finding]:
    for stream, facts in streams.items():
        for expected, fact in enumerate(facts, 1):
            version = fact.event.version
            if version != expected:
                what = f"version {version} stands where {expected} should"
                yield Finding("I5", what, stream=stream)
                break


def _beheaded(streams: Mapping[str, Sequence[Fact]], heads: Mapping[str, int]) -> Iterator[Finding]:
    for stream in heads.keys() | streams.keys():
        facts, head = streams.get(stream, ()), heads.get(stream, 0)
        last = facts[-1].event.version if facts else 0
        if last != head:
            yield Finding("I5", f"it ends at {last}, and {head} is on record", stream=stream)


def _ids_twice(log: Log) -> Iterator[Finding]:
    counted = Counter(fact.id for fact in log.facts())
    for name, times in counted.items():
        if times > 1:
            yield Finding("I6", f"event {name} stands there {times} times")


def _twice(log: Log) -> Iterator[Finding]:
    seen: dict[tuple[str, ...], Fact] = {}
    for fact in log.facts():
        for sign in _signs(fact):
            first = seen.setdefault(sign, fact)
            if first is not fact and first.id != fact.id:
                what = f"{fact.type} (version {fact.event.version}) repeats {first.type} "
                what += f"(version {first.event.version})"
                yield Finding("I6", what, _turn(fact), fact.event.stream)


def _signs(fact: Fact) -> Iterator[tuple[str, ...]]:
    """Yield what no second event may have in common with this one."""
    event, fields = fact.event, fact.fields
    if fact.type in HEARD:
        yield "heard", fields.webhook_event_id
    if event.cause is None:
        return
    # One `stop` answers all that it cancels: whose answer it is belongs to what it is.
    yield event.type, event.stream, event.cause, fields.turn_id
    if fact.type in RESULTS:
        yield "result", event.cause
    if fact.type in SETTLED:
        yield "settled", event.cause


def _turn(fact: Fact) -> str:
    return fact.fields.turn_id or fact.event.turn or ""
