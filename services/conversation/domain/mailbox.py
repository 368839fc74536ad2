"""Which events are inputs, and what of each one waits to be decided."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from contracts import education, gateway, notifier, speech, translation
from contracts.base import CloudEvent, Event
from contracts.conversation import DeadlinePassed
from services.conversation.domain.commands import LONGEST_TEXT, normalised
from services.conversation.domain.pending import (
    Failure,
    Idled,
    LeafletMade,
    Note,
    Pending,
    Said,
    SaidKind,
    SentenceMade,
    Unsent,
)

IDLE = "idle"
"""The request id of the deadline that nobody asked for: the conversation's own."""

Given = tuple[Pending, datetime | None]
"""What waits to be decided, and the time that its event brought."""

AnyFailed = (
    education.EducationFailed
    | translation.TranslationFailed
    | speech.TranscriptionFailed
    | speech.SpeechFailed
)


def given_by(event: CloudEvent[Any]) -> Given | None:
    """Return what an event asks to be decided; None when it is no input."""
    read = _READERS.get(type(event.data))
    return read(event) if read else None


def _message(event: CloudEvent[gateway.MessageReceived]) -> Given:
    said = event.data
    return _said(event, said.kind, said.text, said.message_id), said.received_at


def _postback(event: CloudEvent[gateway.PostbackReceived]) -> Given:
    return _said(event, "postback", event.data.data), event.data.received_at


def _follow(event: CloudEvent[gateway.UserFollowed]) -> Given:
    return _said(event, "follow"), event.data.received_at


def _said(event: CloudEvent[Any], kind: SaidKind, text: str = "", message_id: str = "") -> Said:
    data, words = event.data, normalised(text)
    short = len(words) <= LONGEST_TEXT
    return Said(
        id=event.id,
        arrival=event.version,
        kind=kind if short else "too_long",
        sent_at=data.sent_at,
        received_at=data.received_at,
        message_id=message_id,
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
    pending = Failure(
        id=event.id,
        request_id=passed.request_id,
        reason="deadline",
        turn=event.turn,
        traceparent=trace,
    )
    return pending, passed.passed_at


def _unsent(event: CloudEvent[gateway.MessageUnsent]) -> Given:
    taken_back = event.data
    pending = Unsent(id=event.id, message_id=taken_back.message_id, traceparent=event.traceparent)
    return pending, taken_back.received_at


def _unfollowed(event: CloudEvent[gateway.UserUnfollowed]) -> Given:
    return Note(id=event.id, kind="unfollowed"), event.data.received_at


def _unknown(event: CloudEvent[gateway.UnknownReceived]) -> Given:
    return Note(id=event.id, kind="unknown"), event.data.received_at


def _unasked(event: CloudEvent[Any]) -> Given:
    # Speech and mail come with a later issue: until then nobody asks for these.
    return Note(id=event.id, kind="unasked", turn=event.turn), None


_READERS: dict[type[Event], Callable[[CloudEvent[Any]], Given]] = {
    gateway.MessageReceived: _message,
    gateway.PostbackReceived: _postback,
    gateway.UserFollowed: _follow,
    gateway.UserUnfollowed: _unfollowed,
    gateway.MessageUnsent: _unsent,
    gateway.UnknownReceived: _unknown,
    education.EducationReady: _leaflet,
    education.EducationFailed: _failure,
    translation.TranslationReady: _sentence,
    translation.TranslationFailed: _failure,
    speech.TranscriptionReady: _unasked,
    speech.TranscriptionFailed: _failure,
    speech.AudioSynthesized: _unasked,
    speech.SpeechFailed: _failure,
    notifier.EmailSent: _unasked,
    notifier.EmailFailed: _unasked,
    DeadlinePassed: _deadline,
}

INPUTS: tuple[type[Event], ...] = tuple(_READERS)
"""The events that a conversation has to decide on."""
