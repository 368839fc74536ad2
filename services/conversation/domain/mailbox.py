"""Which events are inputs, and what of each one waits to be decided."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from chassis.texts import trimmed
from contracts import education, gateway, notifier, speech, translation
from contracts.base import CloudEvent, Event
from contracts.conversation import (
    DataErased,
    DataExported,
    DataFailed,
    DeadlinePassed,
    MessageParked,
)
from services.conversation.domain.commands import LONGEST_TEXT, normalised
from services.conversation.domain.pending import (
    AudioMade,
    Erased,
    Exported,
    Failure,
    Idled,
    Lapsed,
    LeafletMade,
    MailSent,
    Note,
    Parked,
    Pending,
    Said,
    SaidKind,
    SentenceMade,
    TranscriptMade,
    Unsent,
)
from services.conversation.domain.taps import SAY

IDLE = "idle"
"""The request id of the deadline that nobody asked for: the conversation's own."""

Given = tuple[Pending, datetime | None]
"""What waits to be decided, and the time that its event brought."""

AnyFailed = (
    education.EducationFailed
    | translation.TranslationFailed
    | speech.TranscriptionFailed
    | speech.SpeechFailed
    | notifier.EmailFailed
    | DataFailed
)


def given_by(event: CloudEvent[Any]) -> Given | None:
    """Return what an event asks to be decided; None when it is no input."""
    read = _READERS.get(type(event.data))
    return read(event) if read else None


def _message(event: CloudEvent[gateway.MessageReceived]) -> Given:
    heard = event.data
    said = replace(
        _said(event, heard.kind, heard.text),
        message_id=heard.message_id,
        duration_ms=heard.duration_ms,
        content_provider=heard.content_provider,
        over_limit=heard.over_limit,
        quote_token=heard.quote_token,
        read_token=heard.read_token,
    )
    return said, heard.received_at


def _postback(event: CloudEvent[gateway.PostbackReceived]) -> Given:
    tapped = event.data
    kind, text = "postback", tapped.data
    if text.startswith(SAY):
        kind, text = "text", text.removeprefix(SAY)
    return replace(_said(event, kind, text), over_limit=tapped.over_limit), tapped.received_at


def _follow(event: CloudEvent[gateway.UserFollowed]) -> Given:
    return _said(event, "follow"), event.data.received_at


def _join(event: CloudEvent[gateway.GroupJoined]) -> Given:
    return _said(event, "join"), event.data.received_at


def _said(event: CloudEvent[Any], kind: SaidKind, text: str = "") -> Said:
    data, words = event.data, normalised(text)
    short = len(words) <= LONGEST_TEXT
    return Said(
        id=event.id,
        arrival=event.version,
        kind=kind if short else "too_long",
        sent_at=data.sent_at,
        received_at=data.received_at,
        text=words if short else "",
        recipient=data.recipient,
        reply_token=data.reply_token,
        traceparent=event.traceparent,
    )


def _leaflet(event: CloudEvent[education.EducationReady]) -> Given:
    made = event.data
    pending = LeafletMade(
        id=event.id,
        request_id=made.request_id,
        text=made.text,
        references=made.references,
        turn=event.turn,
        traceparent=event.traceparent,
    )
    return pending, made.made_at


def _sentence(event: CloudEvent[translation.TranslationReady]) -> Given:
    made = event.data
    pending = SentenceMade(
        id=event.id,
        request_id=made.request_id,
        direction=made.direction,
        plain=made.plain,
        translation=made.translation,
        turn=event.turn,
        traceparent=event.traceparent,
    )
    return pending, made.made_at


def _transcript(event: CloudEvent[speech.TranscriptionReady]) -> Given:
    made = event.data
    pending = TranscriptMade(
        id=event.id,
        request_id=made.request_id,
        text=trimmed(made.text),
        turn=event.turn,
        traceparent=event.traceparent,
    )
    return pending, made.made_at


def _audio(event: CloudEvent[speech.AudioSynthesized]) -> Given:
    made = event.data
    pending = AudioMade(
        id=event.id,
        request_id=made.request_id,
        object_key=made.object_key,
        duration_ms=made.duration_ms,
        expires_at=made.expires_at,
        turn=event.turn,
        traceparent=event.traceparent,
    )
    return pending, made.made_at


def _mailed(event: CloudEvent[notifier.EmailSent]) -> Given:
    pending = MailSent(
        id=event.id,
        request_id=event.data.request_id,
        turn=event.turn,
        traceparent=event.traceparent,
    )
    return pending, event.data.sent_at


def _failure(event: CloudEvent[AnyFailed]) -> Given:
    pending = Failure(
        id=event.id,
        request_id=event.data.request_id,
        reason=event.data.reason,
        turn=event.turn,
        traceparent=event.traceparent,
    )
    return pending, event.data.failed_at


def _deadline(event: CloudEvent[DeadlinePassed]) -> Given:
    passed, trace = event.data, event.traceparent
    if passed.request_id == IDLE:
        return Idled(id=event.id, seen_version=passed.seen_version, traceparent=trace), None
    if passed.about in {"token", "tap"}:
        return _lapse(event), passed.passed_at
    pending = Failure(
        id=event.id,
        request_id=passed.request_id,
        reason="deadline",
        turn=event.turn,
        traceparent=trace,
    )
    return pending, passed.passed_at


def _lapse(event: CloudEvent[DeadlinePassed]) -> Lapsed:
    return Lapsed(
        id=event.id,
        request_id=event.data.request_id,
        about=event.data.about,
        passed_at=event.data.passed_at,
        turn=event.turn,
        traceparent=event.traceparent,
    )


def _parked(event: CloudEvent[MessageParked]) -> Given:
    pending = Parked(
        id=event.id,
        event_id=event.data.event_id,
        turn=event.turn,
        traceparent=event.traceparent,
    )
    return pending, event.data.parked_at


def _exported(event: CloudEvent[DataExported]) -> Given:
    made = event.data
    pending = Exported(
        id=event.id,
        request_id=made.request_id,
        object_key=made.object_key,
        turn=event.turn,
        traceparent=event.traceparent,
    )
    return pending, made.made_at


def _erased(event: CloudEvent[DataErased]) -> Given:
    pending = Erased(
        id=event.id,
        request_id=event.data.request_id,
        recipient=event.data.recipient,
        turns=event.data.turns,
        turn=event.turn,
        traceparent=event.traceparent,
    )
    return pending, event.data.erased_at


def _unsent(event: CloudEvent[gateway.MessageUnsent]) -> Given:
    taken_back = event.data
    pending = Unsent(id=event.id, message_id=taken_back.message_id, traceparent=event.traceparent)
    return pending, taken_back.received_at


def _unfollowed(event: CloudEvent[gateway.UserUnfollowed]) -> Given:
    return Note(id=event.id, kind="unfollowed"), event.data.received_at


def _unknown(event: CloudEvent[gateway.UnknownReceived]) -> Given:
    return Note(id=event.id, kind="unknown"), event.data.received_at


_READERS: dict[type[Event], Callable[[CloudEvent[Any]], Given]] = {
    gateway.MessageReceived: _message,
    gateway.PostbackReceived: _postback,
    gateway.UserFollowed: _follow,
    gateway.GroupJoined: _join,
    gateway.UserUnfollowed: _unfollowed,
    gateway.MessageUnsent: _unsent,
    gateway.UnknownReceived: _unknown,
    education.EducationReady: _leaflet,
    education.EducationFailed: _failure,
    translation.TranslationReady: _sentence,
    translation.TranslationFailed: _failure,
    speech.TranscriptionReady: _transcript,
    speech.TranscriptionFailed: _failure,
    speech.AudioSynthesized: _audio,
    speech.SpeechFailed: _failure,
    notifier.EmailSent: _mailed,
    notifier.EmailFailed: _failure,
    DeadlinePassed: _deadline,
    MessageParked: _parked,
    DataExported: _exported,
    DataErased: _erased,
    DataFailed: _failure,
}

INPUTS: tuple[type[Event], ...] = tuple(_READERS)
"""The events that a conversation has to decide on."""
