"""How a dead letter looks in a terminal: never a user's words, unless they were opened."""

from datetime import datetime
from typing import Any

import msgspec

from chassis.dead_letters import ERASED, Case, Lost

MINUTE, HOUR, DAY = 60, 3_600, 86_400
NONE = "-"
SEALED = "[sealed]"
_ROW = "{:>6}{:>7}{:>7}  {:<32}{:<9}{:<24}{:<44}{}"
HEADING = _ROW.format("no", "age", "tries", "consumer", "state", "error", "subject", "turn")


def told(case: Case, now: datetime) -> str:
    """Return a letter as one line."""
    letter = case.letter
    turn = (case.event.turn if case.event else None) or NONE
    return _ROW.format(
        letter.number,
        age(now, letter.parked_at),
        letter.tries,
        letter.consumer,
        case.state if case.is_readable else "erased",
        letter.error,
        letter.subject,
        turn,
    )


def lost_line(lost: Lost, now: datetime) -> str:
    """Return a request without a letter as one line."""
    since = age(now, lost.created_at)
    return _ROW.format(NONE, since, NONE, NONE, "owed", NONE, lost.subject, lost.event_id)


def shown(case: Case, content: dict[str, Any] | str | None) -> dict[str, Any]:
    """Return all that is told of a letter; `content` is what was opened, None for nothing."""
    letter = case.letter
    about = {
        "number": letter.number,
        "consumer": letter.consumer,
        "subject": letter.subject,
        "error": letter.error,
        "place": letter.place,
        "tries": letter.tries,
        "parked_at": letter.parked_at.isoformat(),
        "bytes": len(letter.body),
        "state": case.state,
    }
    sealed = _sealed(case) if content is None else content
    return about | {"event": _event(case), "content": sealed}


def age(now: datetime, since: datetime) -> str:
    """Return how long ago something was, in its largest unit."""
    seconds = max(0, int((now - since).total_seconds()))
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= unit:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"


def _event(case: Case) -> dict[str, Any] | None:
    event = case.event
    if event is None:
        return None
    return {
        "id": event.id,
        "type": event.type,
        "schemaversion": event.schemaversion,
        "source": event.source,
        "time": event.time.isoformat(),
        "stream": event.stream,
        "version": event.version,
        "turn": event.turn,
        "cause": event.cause,
        "traceparent": event.traceparent,
        "data": msgspec.json.decode(event.data),
    }


def _sealed(case: Case) -> str | None:
    if not case.is_readable:
        return ERASED
    has_content = case.event is None or case.event.personal is not None
    return SEALED if has_content else None
