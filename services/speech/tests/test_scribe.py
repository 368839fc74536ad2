"""Writing voice messages down: fetched, measured, archived, heard."""

import pytest

from services.speech.kinds import AAC, M4A, WAV, WEBM, Kind, sniffed
from services.speech.ports import NoResult, Recording
from services.speech.scribe import Scribe, WrittenDown
from services.speech.tests.fakes import FakeObjects, FakeRecordings, FakeTranscriber
from services.speech.tests.given import STREAM, asked, voice
from services.speech.tests.sounds import tone, written

MINUTE = 60.0


class Desk:
    """A scribe and what is around it."""

    def __init__(self, recording: Recording | None = None) -> None:
        self.recordings = FakeRecordings()
        if recording is not None:
            self.recordings.recording = recording
        self.transcriber = FakeTranscriber()
        self.archive = FakeObjects()
        self.scribe = Scribe(self.recordings, self.transcriber, self.archive)

    async def write_down(self) -> WrittenDown:
        return await self.scribe.write_down(asked(voice()))


async def test_a_recording_is_fetched_heard_and_archived():
    desk = Desk()
    made = await desk.write_down()
    assert made.transcript.text == "我肚子痛"
    assert made.object_key == "voicemail/stream-1/m1.wav"
    assert desk.recordings.asked == ["m1"]
    ((sound, language),) = desk.transcriber.heard
    assert (sound.media_type, sound.data, language) == ("audio/wav", tone(0.5), "英文")
    assert desk.archive.kept == {(STREAM, made.object_key): (tone(0.5), "audio/wav")}


@pytest.mark.parametrize(("kind", "seconds"), [(WAV, 6 * MINUTE), (AAC, 6 * MINUTE)])
async def test_a_recording_that_lasts_too_long_is_refused_before_anybody_hears_it(
    kind: Kind, seconds: float
):
    data = tone(seconds, 8_000) if kind == WAV else written("aac", seconds)
    desk = Desk(Recording(kind, data))
    with pytest.raises(NoResult) as refused:
        await desk.write_down()
    assert refused.value.reason == "too_large"
    assert desk.transcriber.heard == []
    assert desk.archive.kept == {}


async def test_what_only_ffmpeg_cannot_read_is_left_to_the_model():
    desk = Desk(Recording(M4A, b"odd bytes"))
    await desk.write_down()
    assert desk.transcriber.heard[0][0].data == b"odd bytes"


async def test_a_kind_that_the_model_does_not_take_is_put_into_one_that_it_does():
    recording = Recording(WEBM, written("webm", 1.0))
    desk = Desk(recording)
    made = await desk.write_down()
    sound = desk.transcriber.heard[0][0]
    assert (sound.media_type, sniffed(sound.data)) == ("audio/m4a", M4A)
    assert desk.archive.kept == {(STREAM, made.object_key): (recording.data, "audio/webm")}


async def test_a_broken_recording_of_such_a_kind_is_malformed():
    with pytest.raises(NoResult) as refused:
        await Desk(Recording(WEBM, b"\x1aE\xdf\xa3 and no more")).write_down()
    assert refused.value.reason == "malformed"


async def test_a_recording_is_archived_also_when_nobody_understands_it():
    desk = Desk()
    desk.transcriber.reason = "empty"
    with pytest.raises(NoResult):
        await desk.write_down()
    assert len(desk.archive.kept) == 1


async def test_an_odd_message_id_stays_one_part_of_the_key():
    desk = Desk()
    odd = voice()
    object.__setattr__(odd, "message_id", "../m1")
    made = await desk.scribe.write_down(asked(odd))
    assert made.object_key == "voicemail/stream-1/..%2Fm1.wav"
