"""What is not open yet is declined at once."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from chassis.journal import Journal
from contracts.base import CloudEvent, Event
from contracts.conversation import SpeechRequested, TranscriptionRequested
from contracts.speech import SpeechFailed, TranscriptionFailed
from services.speech.handlers import synthesize, transcribe

NOW = datetime.now(UTC)
LATER = NOW + timedelta(seconds=60)


class FakeJournal:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.results: list[Event] = []
        self.asked: list[str] = []

    async def answer(self, asked: CloudEvent[Any], result: Event) -> bool:
        self.asked.append(asked.id)
        self.results.append(result)
        return True


def event(data: Any) -> CloudEvent[Any]:
    return CloudEvent(
        id="event-1",
        type=data.NAME,
        source="/conversation",
        time=NOW,
        stream="stream-1",
        version=3,
        data=data,
    )


async def test_a_recording_is_declined():
    journal = FakeJournal()
    request = TranscriptionRequested(request_id="request-1", message_id="m", answer_by=LATER)
    await transcribe(event(request), cast("Journal", journal))
    (failed,) = journal.results
    assert isinstance(failed, TranscriptionFailed)
    assert (failed.request_id, failed.reason) == ("request-1", "rejected")
    assert journal.asked == ["event-1"]


async def test_a_text_to_read_aloud_is_declined():
    journal = FakeJournal()
    request = SpeechRequested(request_id="request-1", answer_by=LATER, text="早", language="英文")
    await synthesize(event(request), cast("Journal", journal))
    (failed,) = journal.results
    assert isinstance(failed, SpeechFailed)
    assert (failed.request_id, failed.reason) == ("request-1", "rejected")
    assert journal.asked == ["event-1"]
