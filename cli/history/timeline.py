"""One turn from its message to its end, as lines to be read: texts only when they are wanted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from cli.history.check import Judgement
from cli.history.judging.log import Fact
from cli.history.judging.recipients import words_of
from cli.history.judging.sends import Send
from cli.history.records import Webhook

TOLD = ("request_id", "reply_id", "outcome", "reason", "about", "channel", "status", "known_by")
LONGEST_TEXT = 300


@dataclass(frozen=True, slots=True, order=True)
class _Line:
    at: float
    rank: int
    text: str


def timeline(judged: Judgement, turn: str, *, opened: bool = False) -> list[str]:
    """Return what happened to a turn, in the order of time; with `opened`, what was said too."""
    lines = sorted(_lines(judged, turn, opened=opened))
    return [f"{_time(line.at)}  {line.text}" for line in lines]


def last_of(judged: Judgement, stream: str, most: int = 12) -> list[str]:
    """Return the last facts of a stream."""
    facts = judged.log.streams.get(stream, [])
    return [f"{_time(fact.event.at)}  {_fact(fact)}" for fact in facts[-most:]]


def _lines(judged: Judgement, name: str, *, opened: bool) -> Iterator[_Line]:
    turn = judged.log.turns.get(name)
    webhook = judged.sends.webhook_of(turn) if turn else None
    if webhook is not None:
        for attempt in webhook.attempts:
            yield _Line(attempt.at, 0, _webhook(webhook, attempt.status, opened=opened))
    for fact in judged.log.of_turn(name):
        yield _Line(fact.event.at, 1, _fact(fact) + (_opened(fact) if opened else ""))
    for send in judged.sends.of(turn) if turn else ():
        yield _Line(send.call.at, 2, _send(send, opened=opened))


def _webhook(webhook: Webhook, status: int | None, *, opened: bool) -> str:
    message, words = webhook.event.get("message"), words_of(webhook)
    kind = str(webhook.event.get("type"))
    if isinstance(message, dict):
        kind += f"/{message.get('type')}"
    if words:
        kind += f" {_short(words)!r}" if opened else f" ({len(words)} characters)"
    return f"LINE  webhook {webhook.event_id} {kind}: {status or 'no answer'}"


def _fact(fact: Fact) -> str:
    told = ((name, getattr(fact.fields, name)) for name in TOLD)
    details = "".join(f" {name}={value}" for name, value in told if value)
    word = "" if fact.fields.final else " (not the end)"
    return f"log   {fact.event.version:>5} {fact.type}{word}{details}"


def _opened(fact: Fact) -> str:
    if fact.event.opened is None:
        return " [sealed]" if fact.event.personal is not None else ""
    fields: dict[str, object] = msgspec.json.decode(fact.event.opened)
    shown = {name: value for name, value in fields.items() if value and "token" not in name}
    return f" {_short(msgspec.json.encode(shown).decode())}" if shown else ""


def _send(send: Send, *, opened: bool) -> str:
    call = send.call
    said = f" {_short(call.text)!r}" if opened else ""
    word = "" if send.is_end else " (not the end)"
    return f"LINE  took a {call.call} of {len(call.messages)} messages{word}{said}"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S.%f")[:-3]
