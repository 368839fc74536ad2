"""One request, one result."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from chassis.errors import Unavailable
from contracts.education import FailureReason
from contracts.speech import (
    AudioSynthesized,
    SpeechFailed,
    TranscriptionFailed,
    TranscriptionReady,
)
from services.speech.handlers import synthesize, transcribe
from services.speech.reader import Reader
from services.speech.scribe import Scribe
from services.speech.tests.fakes import (
    FakeJournal,
    FakeObjects,
    FakeRecordings,
    FakeTranscriber,
    FakeVoice,
)
from services.speech.tests.given import asked, text, voice

KEPT = timedelta(hours=24)


async def transcribed(journal: Any, transcriber: FakeTranscriber | None = None) -> None:
    scribe = Scribe(FakeRecordings(), transcriber or FakeTranscriber(), FakeObjects())
    await transcribe(asked(voice()), journal, scribe)


async def synthesized(journal: Any, speaker: FakeVoice | None = None) -> None:
    reader = Reader(speaker or FakeVoice(), FakeVoice(), FakeObjects())
    await synthesize(asked(text()), journal, reader, KEPT)


async def test_a_voice_message_leads_to_a_transcript():
    journal = FakeJournal()
    await transcribed(journal)
    (ready,) = journal.results
    assert isinstance(ready, TranscriptionReady)
    assert (ready.request_id, ready.text) == ("request-1", "我肚子痛")
    assert (ready.model, ready.prompt) == ("fake-1", "transcribe.v1")
    assert (ready.input_tokens, ready.output_tokens) == (7, 3)
    assert ready.object_key == "voicemail/stream-1/m1.wav"


async def test_a_text_leads_to_audio_that_is_kept_for_a_day():
    journal = FakeJournal()
    await synthesized(journal)
    (made,) = journal.results
    assert isinstance(made, AudioSynthesized)
    assert (made.request_id, made.duration_ms) == ("request-1", 750)
    assert (made.model, made.prompt) == ("fake-1", "speak.v1")
    assert made.object_key.startswith("tts_audio/stream-1/")
    assert made.expires_at is not None
    assert abs(made.expires_at - datetime.now(UTC) - KEPT) < timedelta(seconds=10)


@pytest.mark.parametrize("reason", get_args(FailureReason))
async def test_a_failure_is_a_result_too(reason: FailureReason):
    journal = FakeJournal()
    await transcribed(journal, FakeTranscriber(reason))
    journal.settled.clear()
    await synthesized(journal, FakeVoice(reason))
    silent, mute = journal.results
    assert isinstance(silent, TranscriptionFailed)
    assert isinstance(mute, SpeechFailed)
    assert (silent.request_id, silent.reason) == (mute.request_id, mute.reason)
    assert mute.reason == reason


async def test_a_settled_request_costs_no_call():
    transcriber, speaker = FakeTranscriber(), FakeVoice()
    await transcribed(FakeJournal(settled={"event-1"}), transcriber)
    await synthesized(FakeJournal(settled={"event-1"}), speaker)
    assert (transcriber.heard, speaker.read) == ([], [])


async def test_without_the_log_the_message_comes_again():
    with pytest.raises(Unavailable):
        await transcribed(FakeJournal(down=True))
    with pytest.raises(Unavailable):
        await synthesized(FakeJournal(down=True))
