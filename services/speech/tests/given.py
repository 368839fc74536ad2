"""Requests as conversations make them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.base import CloudEvent, Event
from contracts.conversation import SpeechRequested, TranscriptionRequested

STREAM = "stream-1"


def soon() -> datetime:
    """Return a deadline that leaves time."""
    return datetime.now(UTC) + timedelta(seconds=60)


def voice(language: str = "英文") -> TranscriptionRequested:
    """Return a request to write a voice message down."""
    return TranscriptionRequested(
        request_id="request-1", message_id="m1", answer_by=soon(), language=language
    )


def text(words: str = "Good morning", language: str = "英文", reading: str = "") -> SpeechRequested:
    """Return a request to read a text aloud."""
    return SpeechRequested(
        request_id="request-1", answer_by=soon(), text=words, language=language, reading=reading
    )


def asked(data: Event) -> CloudEvent[Any]:
    """Return a request as it travels."""
    return CloudEvent(
        id="event-1",
        type=data.NAME,
        source="/conversation",
        time=datetime.now(UTC),
        stream=STREAM,
        version=3,
        data=data,
    )
