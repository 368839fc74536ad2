"""I4: answers come in the order of their messages, and are sent in the order they were decided."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from cli.history.judging.findings import Finding, Verdict
from cli.history.judging.log import Fact, Log, Turn
from cli.history.judging.sends import Send, Sends
from cli.history.records import NO_CALLS, History
from contracts.conversation import DataErased, MessageParked, ReplyRequested, WorkStarted

# Private to the conversation, as they stand in the log: how work ends.
CANCELLED = "conversation.request_cancelled"
ENDS_OF_WORK = frozenset(
    {"conversation.result_applied", "conversation.work_given_up", CANCELLED, DataErased.NAME}
)


def in_order(history: History, log: Log, sends: Sends) -> Verdict:
    """Judge I4, in the log and by when LINE took what was sent."""
    found: list[Finding] = []
    for stream, facts in log.streams.items():
        found += _decided_out_of_order(stream, facts, log)
    found += _sent_out_of_order(sends)
    return Verdict("I4", found, [NO_CALLS] if history.calls is None else [])


def _sent_out_of_order(sends: Sends) -> Iterator[Finding]:
    """Yield sends that came after one which was decided later; a copy is no send of its own."""
    latest: dict[str, Send] = {}
    seen: set[str] = set()
    for send in sends.all:
        if send.reply is None or send.turn is None or send.reply.id in seen:
            continue
        seen.add(send.reply.id)
        before = latest.get(send.turn.stream)
        if before is not None and before.reply is not None and _is_later(before.reply, send.reply):
            what = f"its answer was sent after that of {_turn_id(before)}, which was decided later"
            yield Finding("I4", what, send.turn.id, send.turn.stream)
        else:
            latest[send.turn.stream] = send


def _is_later(one: Fact, other: Fact) -> bool:
    return one.event.version > other.event.version


def _turn_id(send: Send) -> str:
    return send.turn.id if send.turn else ""


def _decided_out_of_order(stream: str, facts: Sequence[Fact], log: Log) -> Iterator[Finding]:
    """Yield the turns that were answered before one which was sent earlier and waited with them."""
    first = {fact.event.cause: fact.event.version for fact in reversed(facts)}
    patient = [turn for turn in _patient(facts, log) if turn.ends]
    arrivals = [turn.opening.event.version for turn in patient]
    for number, turn in enumerate(patient):
        begun = first.get(turn.id, _answered(turn))
        # Those that came while it waited: they were in the mailbox together.
        for other in patient[number + 1 : bisect_left(arrivals, begun)]:
            earlier, later = sorted((turn, other), key=lambda each: each.place)
            if _answered(earlier) > _answered(later):
                yield Finding("I4", f"it was answered before {earlier.id}", later.id, stream)


def _answered(turn: Turn) -> int:
    return turn.ends[0].event.version


def _patient(facts: Sequence[Fact], log: Log) -> list[Turn]:
    """Return the turns that waited: not those turned away, over a limit, or never decided."""
    hasty = _turned_away(facts) | _undecided(facts)
    turns = (log.turns[fact.id] for fact in facts if fact.id in log.turns)
    return [t for t in turns if t.id not in hasty and t.opening.fields.over_limit is None]


def _turned_away(facts: Sequence[Fact]) -> set[str]:
    """Return the turns that were answered while another one's work went on."""
    in_hand, away = "", set[str]()
    for fact in facts:
        if fact.type == WorkStarted.NAME:
            in_hand = fact.fields.turn_id
        elif fact.type in ENDS_OF_WORK:
            in_hand = ""
        elif fact.type == ReplyRequested.NAME and fact.fields.final:
            turn = fact.fields.turn_id
            if in_hand not in {"", turn} and fact.event.cause == turn:
                away.add(turn)
    return away


def _undecided(facts: Sequence[Fact]) -> set[str]:
    """Return the turns whose words were gone, or broke something: answered out of their turn."""
    ends = {fact.id for fact in facts if fact.type in {DataErased.NAME, MessageParked.NAME}}
    return {f.fields.turn_id for f in facts if f.event.cause in ends and f.fields.turn_id}
