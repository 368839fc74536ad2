"""The events of a history as the services read them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from chassis.eventlog.codec import Codec, all_events
from cli.history.records import LoggedEvent
from contracts.base import CloudEvent
from contracts.catalogue import SUBJECTS
from contracts.conversation import DataErased
from services.conversation.domain import FACTS

KINDS = all_events(SUBJECTS, FACTS)
_CODEC = Codec(KINDS)


def typed(event: LoggedEvent) -> CloudEvent[Any]:
    """Return an event as a service reads it; what does not open is as if nobody had said it."""
    opened = event.opened.encode() if event.opened is not None else None
    return CloudEvent(
        id=event.id,
        type=event.type,
        source=event.source,
        time=datetime.fromtimestamp(event.at, UTC),
        stream=event.stream,
        version=event.version,
        data=_CODEC.decode(event.type, event.schema_version, event.data.encode(), opened),
        cause=event.cause,
        turn=event.turn,
    )


def is_sealed(events: Sequence[LoggedEvent]) -> bool:
    """Tell whether a history was read without any key."""
    personal = [event for event in events if event.personal is not None]
    return bool(personal) and all(event.opened is None for event in personal)


def erased_until(events: Sequence[LoggedEvent]) -> int:
    """Return up to which version a stream's words were destroyed; 0 for none."""
    return max((each.version - 1 for each in events if each.type == DataErased.NAME), default=0)
