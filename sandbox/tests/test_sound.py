"""Sound made from text."""

import io
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import sound

RATE = 24_000


def seconds(samples: bytes) -> float:
    return len(samples) / 2 / RATE


def test_the_same_text_always_sounds_the_same_and_another_does_not():
    assert sound.melody("您有發燒嗎？", RATE) == sound.melody("您有發燒嗎？", RATE)
    assert sound.melody("您有發燒嗎？", RATE) != sound.melody("您會頭暈嗎？", RATE)


def test_a_longer_text_takes_longer():
    short, long = (seconds(sound.melody("多喝水" * count, RATE)) for count in (1, 10))
    assert 0.3 < short < 1
    assert long > 5 * short


@given(st.text())
def test_any_text_makes_some_sound_of_whole_samples(text: str):
    samples = sound.melody(text, RATE)
    assert len(samples) > 0
    assert len(samples) % 2 == 0


@pytest.mark.parametrize("piece", ["字", "a b ", "，", "9"])
def test_the_longest_text_stays_within_a_few_megabytes(piece: str):
    assert seconds(sound.melody((piece * 5000)[:5000], RATE)) <= 90


@pytest.mark.parametrize("tone", "1234578")
def test_each_tone_of_taigi_sounds_its_own_way(tone: str):
    others = {sound.chant(f"li{other}", RATE) for other in "1234578" if other != tone}
    assert sound.chant(f"li{tone}", RATE) not in others


def test_a_wav_says_how_long_it_is():
    samples = sound.melody("您好", RATE)
    with wave.open(io.BytesIO(sound.wav(samples, RATE))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        assert file.getnframes() * 2 == len(samples)
