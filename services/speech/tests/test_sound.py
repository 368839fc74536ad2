"""Speech as m4a: its length is what a decoder hears, whatever came in."""

from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chassis.gemini_speech import Sound
from services.speech.sound import NoSound, length_of, to_m4a
from services.speech.tests.sounds import WRITERS, heard, samples, tone, wav, written

LONG = timedelta(minutes=10)
TOLERATED_SECONDS = 0.1
RATES = st.sampled_from([8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000])


def pcm(count: int, rate: int, channels: int = 1) -> Sound:
    kind = f"audio/L16;codec=pcm;rate={rate}" + (f";channels={channels}" if channels > 1 else "")
    return Sound(kind, samples(count * channels, rate))


@settings(max_examples=40)
@given(st.integers(24, 60_000), RATES, st.integers(1, 2))
@example(1_024, 24_000, 1)
@example(1_025, 24_000, 1)
@example(8_000, 8_000, 2)
def test_the_length_of_samples_is_true_and_what_a_decoder_hears(
    count: int, rate: int, channels: int
):
    made = to_m4a([pcm(max(count, rate // 500), rate, channels)])
    true = max(count, rate // 500) / rate
    assert abs(made.duration_ms / 1_000 - true) <= 0.002
    assert abs(made.duration_ms / 1_000 - heard(made.data)) <= TOLERATED_SECONDS


@settings(max_examples=25)
@given(
    st.integers(500, 50_000),
    RATES,
    st.integers(1, 2),
    st.sampled_from([None, 0, 0xFFFFFFFF]),
    st.binary(max_size=9),
)
def test_a_wav_may_lie_about_its_size_and_carry_what_nobody_asked_for(
    count: int, rate: int, channels: int, claimed: int | None, note: bytes
):
    plain = wav(samples(count * channels, rate), rate=rate, channels=channels)
    padded = note + b"\0" * (len(note) % 2)
    chunk = b"note" + len(note).to_bytes(4, "little") + padded
    data = bytearray(plain[:36] + chunk + plain[36:])
    if claimed is not None:
        place = 36 + len(chunk) + 4
        data[4:8] = data[place : place + 4] = claimed.to_bytes(4, "little")
    made = to_m4a([Sound("audio/wav", bytes(data))])
    assert abs(made.duration_ms / 1_000 - count / rate) <= 0.002
    assert abs(made.duration_ms / 1_000 - heard(made.data)) <= TOLERATED_SECONDS


def test_sounds_follow_one_another_whatever_their_form():
    made = to_m4a([Sound("audio/wav", tone(1.5, 22_050)), pcm(24_000, 24_000), pcm(8_000, 16_000)])
    assert made.duration_ms == pytest.approx(3_000, abs=2)
    assert abs(heard(made.data) - 3.0) <= TOLERATED_SECONDS


def test_the_file_is_an_m4a_whose_index_comes_first():
    made = to_m4a([pcm(24_000, 24_000)])
    assert made.data[4:11] == b"ftypM4A"
    assert 0 < made.data.find(b"moov") < made.data.find(b"mdat")


@pytest.mark.parametrize(
    "sound",
    [
        Sound("audio/wav", b""),
        Sound("audio/wav", b"RIFF"),
        Sound("audio/wav", wav(b"")),
        Sound("audio/L16", samples(100)),
        Sound("audio/L16;rate=1", samples(100)),
        Sound("audio/L16;rate=24000;channels=9", samples(100)),
        Sound("audio/L16;rate=24000", b""),
        Sound("text/html", b"<html>Bad gateway</html>"),
    ],
)
def test_what_is_no_sound_is_said_to_be_none(sound: Sound):
    with pytest.raises(NoSound):
        to_m4a([sound])


def test_no_sounds_are_no_sound():
    with pytest.raises(NoSound):
        to_m4a([])


@pytest.mark.parametrize("ending", WRITERS)
def test_the_length_of_a_recording_is_decoded(ending: str):
    length = length_of(Sound("", written(ending, 2.0)), at_most=LONG)
    assert length is not None
    assert abs(length.total_seconds() - 2.0) <= TOLERATED_SECONDS


def test_a_recording_is_decoded_no_further_than_needed():
    length = length_of(Sound("audio/wav", tone(30.0)), at_most=timedelta(seconds=1))
    assert length is not None
    assert timedelta(seconds=1) < length < timedelta(seconds=3)


@pytest.mark.parametrize("data", [b"", b"not audio", b"\0\0\0\x1cftypM4A garbage", b"RIFF"])
def test_what_ffmpeg_cannot_read_has_no_length(data: bytes):
    assert length_of(Sound("audio/m4a", data), at_most=LONG) is None


@given(st.binary(max_size=300))
def test_no_bytes_do_harm(data: bytes):
    for beginning in (
        b"",
        b"RIFF\0\0\0\0WAVEfmt ",
        b"\0\0\0\x1cftypM4A ",
        b"OggS",
        b"fLaC",
        b"ID3",
    ):
        length = length_of(Sound("", beginning + data), at_most=LONG)
        assert length is None or length >= timedelta(0)
