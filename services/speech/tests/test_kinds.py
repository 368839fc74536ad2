"""What kind of audio a file is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.speech.kinds import AAC, AIFF, FLAC, M4A, MP3, OGG, WAV, WEBM, Kind, kind_of, sniffed
from services.speech.tests.sounds import WRITERS, written

KINDS = {kind.extension: kind for kind in (M4A, MP3, AAC, OGG, FLAC, AIFF, WEBM, WAV)}


@pytest.mark.parametrize("ending", WRITERS)
def test_a_real_file_is_known_by_its_bytes_whatever_it_is_called(ending: str):
    assert kind_of(written(ending), "audio/x-nonsense") == KINDS[ending]
    assert kind_of(written(ending), "audio/flac") == KINDS[ending]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("audio/x-m4a", M4A),
        ("audio/mp4", M4A),
        ("video/mp4", M4A),
        ("AUDIO/MPEG; rate=44100", MP3),
        ("audio/aac", AAC),
        ("audio/wave", WAV),
        ("application/ogg", OGG),
        ("audio/x-flac", FLAC),
        ("audio/x-aiff", AIFF),
        ("application/octet-stream", M4A),
        ("image/mp4", M4A),
        ("", M4A),
    ],
)
def test_where_the_bytes_say_nothing_the_sender_does(name: str, kind: Kind):
    assert kind_of(b"no such thing", name) == kind


def test_each_kind_that_gemini_takes_has_the_name_it_documents():
    assert {kind.media_type for kind in KINDS.values() if kind.understood} == {
        *("audio/m4a", "audio/mp3", "audio/aac", "audio/ogg", "audio/flac", "audio/aiff"),
        "audio/wav",
    }


def test_mp3_with_and_without_a_label_and_both_kinds_of_aac_are_told_apart():
    assert sniffed(b"ID3\x04\x00") == MP3
    assert sniffed(b"\xff\xfb\x90\x64") == MP3
    assert sniffed(b"\xff\xf1\x50\x80") == AAC
    assert sniffed(b"\xff\xf9\x50\x80") == AAC


@given(st.binary(max_size=16), st.text(max_size=20))
def test_anything_has_a_kind(data: bytes, name: str):
    assert kind_of(data, name) in KINDS.values()
