"""Events for the log's tests, and the shortest way to append them."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg

from chassis.decider import derived_id
from chassis.eventlog.codec import Codec, all_events
from chassis.eventlog.erasure import Erasure
from chassis.eventlog.log import Append, EventLog, NewEvent
from contracts.base import CloudEvent, Event
from contracts.catalogue import REQUESTS, SUBJECTS
from contracts.conversation import DataErased, OpenTurn, TranslationRequested
from contracts.gateway import MessageReceived, Recipient
from contracts.notifier import WorkShown

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
WORDS = "我胸口痛"
PATIENT = "U-patient-4711"
TOKEN = "reply-token-0815"


def event_log(pool: asyncpg.Pool) -> EventLog:
    """Return a log that knows every event of the contracts."""
    requests = {event: SUBJECTS[event] for event in REQUESTS}
    return EventLog(pool, Codec(all_events(SUBJECTS)), source="/test", requests=requests)


def shown(request: str = "r") -> WorkShown:
    """Return an event without anything personal."""
    return WorkShown(request_id=request, shown_at=NOW)


def heard(text: str = WORDS) -> MessageReceived:
    """Return an event full of personal fields."""
    return MessageReceived(
        webhook_event_id="w",
        message_id="m",
        kind="text",
        sent_at=NOW,
        received_at=NOW,
        recipient=Recipient(user=PATIENT),
        text=text,
        reply_token=TOKEN,
    )


def asked(text: str = WORDS) -> TranslationRequested:
    """Return an event that somebody has to settle."""
    return TranslationRequested(request_id="r", answer_by=NOW, text=text, language="英文")


def erasure(stream: str, expected: int, name: str = "result:r") -> Erasure:
    """Return the destruction of all that a stream of `expected` events says."""
    turns = (OpenTurn(turn_id="t", received_at=NOW, reply_token=TOKEN),)
    erased = DataErased(
        request_id="r", erased_at=NOW, recipient=Recipient(user=PATIENT), turns=turns
    )
    event = NewEvent(id=derived_id(stream, name), event=erased)
    return Erasure(stream=stream, event=event, expected=expected, key=name)


def on_record(stream: str, version: int = 1) -> CloudEvent[Any]:
    """Return a request as its worker has it; it need not stand anywhere."""
    request = asked()
    return CloudEvent(
        id=str(uuid4()),
        type=request.NAME,
        source="/test",
        time=NOW,
        stream=stream,
        version=version,
        data=request,
    )


def a_stream() -> str:
    """Return a stream nobody has written to."""
    return str(uuid4())


def one(stream: str, *events: Event, **options: Any) -> Append:
    """Return an append of events with ids of their own."""
    new = [NewEvent(id=str(uuid4()), event=event) for event in events]
    return Append(stream=stream, events=new, **options)


async def put(log: EventLog, stream: str, *events: Event, **options: Any) -> list[CloudEvent[Any]]:
    """Append and return what is on record, which must be something."""
    recorded = await log.append(one(stream, *events, **options))
    assert recorded is not None
    return recorded
