"""Runs made up from the conversation's random stories: the log, and what the world saw of it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from chassis.decider import derived_id
from chassis.eventlog.codec import Codec
from chassis.eventlog.keyring import StreamKey
from cli.history.judging.log import HEARD
from cli.history.judging.typed import KINDS
from cli.history.records import (
    Attempt,
    Call,
    History,
    Json,
    Kept,
    LoggedEvent,
    Mail,
    Rebuilt,
    Rest,
    Webhook,
)
from contracts.base import CloudEvent, Event
from contracts.conversation import DataErased, EmailRequested, ReplyRequested
from contracts.gateway import GroupJoined, MessageReceived, PostbackReceived, UserFollowed
from contracts.notifier import EmailSent, ReplyDelivered
from services.conversation.domain import FORMAT, INITIAL, encode_state, evolve
from services.conversation.tests.conversing import NURSE, Tale
from services.conversation.tests.histories import histories

STREAM = "5ca1ab1e-0000-4000-8000-000000000001"
DELIVERIES = derived_id("delivery", STREAM)
KEY = StreamKey(STREAM, b"k" * 32)
TYPES: dict[type[Event], str] = {
    MessageReceived: "message",
    PostbackReceived: "postback",
    UserFollowed: "follow",
    GroupJoined: "join",
}
_CODEC = Codec(KINDS)
Logged = CloudEvent[Any]


def runs() -> st.SearchStrategy[History]:
    """Return runs in which all went well."""
    return histories().filter(lambda story: not _stray_mails(story)).map(run_of)


def run_of(story: Tale) -> History:
    """Return the history of a story: LINE took each answer, in order and once."""
    log = _as_recorded(story)
    at = list(_times(log))
    heard = [event for event in log if event.type in HEARD]
    replies = [event for event in log if isinstance(event.data, ReplyRequested)]
    calls = [_call(event, at[event.version - 1] + event.version / 1_000) for event in replies]
    erased = max((event.version for event in log if isinstance(event.data, DataErased)), default=0)
    events = [logged(e, at[e.version - 1], readable=e.version >= erased) for e in log]
    told = [_delivery(*each) for each in enumerate(zip(replies, calls, strict=True), 1)]
    return History(
        events=[*events, *told],
        webhooks=[_webhook(event, at[event.version - 1]) for event in heard],
        calls=calls,
        mails=[_mail(e, at[e.version - 1]) for e in log if isinstance(e.data, EmailSent)],
        kept=[_kept(story, len(log))],
        rest=Rest(dead_letters=0, heads={STREAM: len(log), DELIVERIES: len(told)}),
        rebuilt=Rebuilt(rows=0),
    )


def _stray_mails(story: Tale) -> bool:
    """Tell whether a story has mails that nobody asked for, or twice: no post office does that."""
    asked = [e.data.request_id for e in story.log if isinstance(e.data, EmailRequested)]
    sent = [e.data.request_id for e in story.log if isinstance(e.data, EmailSent)]
    return len(set(sent)) < len(sent) or not set(sent) <= set(asked)


def _as_recorded(story: Tale) -> list[Logged]:
    """Return a story's log with the stream, sources and names that it would have on record."""
    asked = {e.data.request_id: e.id for e in story.log if isinstance(e.data, EmailRequested)}
    return [_recorded(event, asked) for event in story.log]


def _recorded(event: Logged, asked: dict[str, str]) -> Logged:
    data, cause = event.data, event.cause
    source = "/conversation" if cause is not None else "/another"
    if event.type in HEARD:
        data = replace(data, webhook_event_id=f"W{event.version}")
    if isinstance(data, EmailSent):
        cause = asked[data.request_id]
    return replace(event, stream=STREAM, source=source, data=data, cause=cause)


def _times(log: list[Logged]) -> Iterator[float]:
    """Yield when each event happened: by the conversation's own time."""
    state = INITIAL
    for event in log:
        state = evolve(state, event)
        yield max(state.now.timestamp(), 0.0)


def logged(event: Logged, at: float, *, readable: bool = True) -> LoggedEvent:
    """Return an event as it stands in the log, sealed; `readable` if its key is still there."""
    form = _CODEC.encode(event.data)
    plain = form.personal
    return LoggedEvent(
        stream=event.stream,
        version=event.version,
        id=event.id,
        type=event.type,
        schema_version=form.schema_version,
        source=event.source,
        at=at,
        data=form.data.decode(),
        cause=event.cause,
        turn=event.turn,
        personal=KEY.seal(event.id, plain) if plain is not None else None,
        opened=plain.decode() if plain is not None and readable else None,
    )


def _webhook(event: Logged, at: float) -> Webhook:
    data = event.data
    sent: Json = {
        "webhookEventId": data.webhook_event_id,
        "type": TYPES.get(type(data), "unfollow"),
        "source": {"type": "user", "userId": NURSE.user},
        "replyToken": getattr(data, "reply_token", ""),
    }
    if isinstance(data, MessageReceived):
        sent["timestamp"] = round(data.sent_at.timestamp() * 1_000)
        sent["message"] = {"id": data.message_id, "type": data.kind, "text": data.text}
    return Webhook(sent, (Attempt(at - 0.2, 503), Attempt(at, 200)))


def _call(event: Logged, at: float) -> Call:
    asked: ReplyRequested = event.data
    return Call(
        at=at,
        call="reply" if asked.reply_token else "push",
        accepted=True,
        status=200,
        token=asked.reply_token,
        key="" if asked.reply_token else asked.reply_id,
        chat=NURSE.user,
        ids=(f"shown-{event.version}",),
        messages=({"type": "text", "text": asked.answer.main},),
    )


def _delivery(version: int, sent: tuple[Logged, Call]) -> LoggedEvent:
    asked, call = sent
    fact = ReplyDelivered(
        reply_id=asked.data.reply_id,
        turn_id=asked.data.turn_id,
        channel=call.call,
        delivered_at=asked.data.asked_at,
        message_ids=call.ids,
        final=asked.data.final,
    )
    event = replace(
        asked,
        id=derived_id(asked.id, "delivered"),
        type=fact.NAME,
        stream=DELIVERIES,
        version=version,
        source="/notifier",
        data=fact,
        cause=asked.id,
        turn=asked.data.turn_id,
    )
    return logged(event, call.at, readable=True)


def _mail(event: Logged, at: float) -> Mail:
    return Mail(
        at, (f"user-{event.version}@example.com",), f"<{event.data.request_id}@example.org>"
    )


def _kept(story: Tale, version: int) -> Kept:
    return Kept(stream=STREAM, version=version, format=FORMAT, state=encode_state(story.state))
