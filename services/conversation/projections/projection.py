"""What a projection is, and the pieces its statements are made of."""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.base import Event

EVENT = """
    with e as (
        select stream, version, id, recorded_at, cause, turn, data, personal
        from eventlog.events where id = $1
    )
"""
"""What each statement starts with: `e` is the one event that it is about."""

REDACTED = """
    exists (
        select from eventlog.events as r
        where r.stream = e.stream and r.type = 'conversation.message_redacted'
            and r.version < e.version and r.data->>'message_id' = {message}
    )
"""
"""Whether a message was taken back before the event came: what comes later is told later."""

MESSAGE = "(select m.data->>'message_id' from eventlog.events as m where m.id = e.turn)"
"""The id of the message that opened the event's turn."""

SOURCE = """
    (
        select nullif(w.data->>'message_id', '') from eventlog.events as w
        where w.stream = e.stream and w.version < e.version and w.type = 'conversation.work_started'
        order by w.version desc limit 1
    )
"""
"""The id of the message whose words a request is about, where that is not its turn's own."""

BOTH = f"{MESSAGE} as message, {SOURCE} as source"
OF_BOTH = "any (array[s.message, s.source])"


@dataclass(frozen=True, slots=True)
class Projection:
    """A read model: its table, and in SQL what each event does to it, all in that order.

    Statements read the log only up to their own event, so that they give the same whenever they
    run; and they do no harm when they run again.
    """

    name: str
    table: str
    statements: Mapping[type[Event], tuple[str, ...]]
