"""What the stand-in of Gemini hears."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import library, sound
from sandbox.answers import answer
from sandbox.hearing import NOT_HEARD, Transcripts

LIBRARY = library.load()
TONE = sound.wav(sound.melody("您好", 16_000), 16_000)


def with_chunk(chunk: bytes) -> bytes:
    size = int.from_bytes(TONE[4:8], "little") + len(chunk)
    return TONE[:4] + size.to_bytes(4, "little") + TONE[8:] + chunk


def chunk(name: bytes, content: bytes) -> bytes:
    return name + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)


def heard(recording: bytes) -> str:
    return Transcripts().heard(recording, LIBRARY)


def test_what_was_written_down_is_heard():
    transcripts = Transcripts()
    transcripts.keep(TONE, "我肚子痛")
    assert transcripts.heard(TONE, LIBRARY) == "我肚子痛"


def test_nothing_written_down_is_a_recording_of_nothing():
    transcripts = Transcripts()
    transcripts.keep(TONE, "")
    assert transcripts.heard(TONE, LIBRARY) == ""


@pytest.mark.parametrize(
    "comment",
    [
        chunk(b"note", "我頭暈".encode()),
        chunk(b"LIST", b"INFO" + chunk(b"ICMT", "我頭暈".encode())),
    ],
)
def test_a_comment_in_the_file_is_heard(comment: bytes):
    assert heard(with_chunk(comment)) == "我頭暈"


def test_of_any_other_recording_a_phrase_is_guessed_and_marked():
    guess = heard(b"some recording")
    assert guess == heard(b"some recording")
    assert guess.startswith(NOT_HEARD)
    assert library.folded(guess.removeprefix(NOT_HEARD)) in {
        library.folded(phrase.texts["zh"]) for phrase in LIBRARY.phrases
    }


def test_a_guess_can_be_translated():
    task = {"task": "interpret", "text": heard(b"some recording"), "language": "英文"}
    fields = answer(task, LIBRARY).fields or {}
    assert "沙盒" not in fields["plain_chinese"] + fields["translation"]


@given(st.binary())
def test_no_file_however_odd_upsets_the_hearing(tail: bytes):
    assert heard(with_chunk(tail))
    assert heard(b"RIFF\0\0\0\0WAVE" + tail)
