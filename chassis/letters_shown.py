"""How a dead letter is shown, wherever that is: never a user's words, unless they were opened."""

from datetime import datetime
from typing import Any

import msgspec

from chassis.dead_letters import ERASED, Case

MINUTE, HOUR, DAY = 60, 3_600, 86_400
SEALED = "[sealed]"


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
    return about | {"event": _event(case, opened=content is not None), "content": sealed}


def age(now: datetime, since: datetime) -> str:
    """Return how long ago something was, in its largest unit."""
    seconds = max(0, int((now - since).total_seconds()))
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= unit:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"


def _event(case: Case, *, opened: bool) -> dict[str, Any] | None:
    event = case.event
    if event is None:
        return None
    # What is not of our log may say anything in its open half, too.
    is_told = opened or case.state != "foreign"
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
        "data": msgspec.json.decode(event.data) if is_told else SEALED,
    }


def _sealed(case: Case) -> str | None:
    if not case.is_readable:
        return ERASED
    event = case.event
    has_content = event is None or event.personal is not None or case.state == "foreign"
    return SEALED if has_content else None
