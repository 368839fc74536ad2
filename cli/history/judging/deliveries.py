"""I9: what the log says was delivered is what LINE took, and the other way round."""

from collections.abc import Iterator

from cli.history.judging.findings import Finding, Verdict, blind
from cli.history.judging.log import SETTLED, Fact, Log
from cli.history.judging.sends import Send, Sends
from cli.history.records import NO_CALLS, History
from contracts.notifier import ReplyDelivered


def as_accepted(history: History, log: Log, sends: Sends) -> Verdict:
    """Judge I9."""
    if history.calls is None:
        return blind("I9", NO_CALLS)
    return Verdict("I9", [*_unfounded(log, sends), *_unrecorded(log, sends)])


def _unfounded(log: Log, sends: Sends) -> Iterator[Finding]:
    """Yield the deliveries on record that LINE knows nothing of, or knows otherwise."""
    taken: dict[str, list[Send]] = {}
    for send in sends.all:
        if send.reply is not None:
            taken.setdefault(send.reply.id, []).append(send)
    for fact in log.facts():
        turn = log.turns.get(fact.fields.turn_id)
        if fact.type in SETTLED and turn and sends.witnessed(turn.opening.event.at):
            what = _mismatch(fact, taken.get(fact.event.cause or "", []))
            if what:
                yield Finding("I9", what, fact.fields.turn_id, fact.event.stream)


def _mismatch(settled: Fact, taken: list[Send]) -> str:
    fields = settled.fields
    if settled.type != ReplyDelivered.NAME:
        # Word that the answer takes longer is given up when its fate is unknown: status 0.
        if taken and (fields.final or fields.status):
            return f"it is on record as refused ({fields.status}), and LINE took it"
        return ""
    if not taken:
        return f"it is on record as delivered by {fields.channel}, and LINE never took it"
    if fields.known_by == "response" and fields.channel not in {each.call.call for each in taken}:
        return f"it is on record as delivered by {fields.channel}, and came by another way"
    shown = {each.call.ids for each in taken if each.call.ids}
    if fields.message_ids and shown and fields.message_ids not in shown:
        return "the messages on record are not those that LINE showed"
    return ""


def _unrecorded(log: Log, sends: Sends) -> Iterator[Finding]:
    """Yield what LINE took and the log says nothing of."""
    settled = {fact.event.cause for fact in log.facts() if fact.type in SETTLED}
    for send in sends.all:
        if send.reply is not None and send.turn is not None and send.reply.id not in settled:
            what = f"LINE took its answer ({send.call.call}), and no delivery is on record"
            yield Finding("I9", what, send.turn.id, send.turn.stream)
