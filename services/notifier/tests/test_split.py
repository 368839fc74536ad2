"""Splitting loses nothing, breaks no grapheme, and pauses where a reader would."""

import time
from itertools import accumulate, pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from uniseg.graphemecluster import grapheme_cluster_boundaries

from services.notifier.render.graphemes import LONGEST_GRAPHEME, clip, is_boundary, shorten, units
from services.notifier.render.split import split

FAMILY = "👨‍👩‍👧‍👦"
SCRIPTS = st.sampled_from(
    [
        *("糖尿病", "。", "，", "\n", "\n\n", " ", "e\u0301", FAMILY, "🇹🇼", "👍🏽", "สวัสดี", "नमस्ते"),
        *("한국", "\u1100\u1161\u11a8", "مرحبا", "שלום", "a", "1,000", "3.5 mg.", "\r\n", "\u200d"),
        *("\u0600", "\U0001f3f4\U000e0067\U000e0062\U000e007f"),
    ]
)
TEXTS = st.lists(SCRIPTS, max_size=60).map("".join) | st.text(max_size=200)


@given(text=TEXTS, limit=st.integers(4, 60), fill=st.sampled_from([0.0, 0.5, 0.9]))
def test_joining_the_pieces_gives_back_the_text(text: str, limit: int, fill: float):
    assert "".join(split(text, limit, fill)) == text


@given(text=TEXTS, limit=st.integers(4, 60))
def test_every_piece_fits_and_none_is_empty(text: str, limit: int):
    assert all(0 < units(piece) <= limit for piece in split(text, limit))


@settings(deadline=None)
@given(text=TEXTS, limit=st.integers(40, 80))
def test_no_cut_is_inside_a_grapheme_that_fits_into_a_bubble(text: str, limit: int):
    ends = list(grapheme_cluster_boundaries(text))
    longest = max((units(text[a:b]) for a, b in pairwise(ends)), default=0)
    cuts = set(accumulate(map(len, split(text, limit))))
    assert cuts <= set(ends) or longest > min(limit, LONGEST_GRAPHEME)


@given(text=TEXTS)
def test_a_boundary_is_one_exactly_where_unicode_says_so(text: str):
    ends = {0, *grapheme_cluster_boundaries(text)}
    assume(all(b - a <= LONGEST_GRAPHEME for a, b in pairwise(sorted(ends))))
    assert {at for at in range(len(text) + 1) if is_boundary(text, at)} == ends


@pytest.mark.parametrize(
    "odd", ["\u0301", "\ufe0f", "🇹", "👨\u200d", "क्", "\u0600", "\u1100", "\u200d"]
)
def test_no_text_takes_long_to_split(odd: str):
    text, began = odd * 5_000, time.process_time()
    assert "".join(split(text)) == text
    assert time.process_time() - began < 0.5  # 16 s before graphemes had a longest one


def test_flags_are_never_cut_however_many_stand_together():
    assert split("🇹🇼" * 60, 42) == ["🇹🇼" * 10] * 6


def test_a_paragraph_end_is_preferred_to_a_later_sentence_end():
    text = "一二三四五六。\n\n七八九十。一二三四五六七八九十"
    assert split(text, 16) == ["一二三四五六。\n\n", "七八九十。一二三四五六七八九十"]


def test_a_sentence_end_is_preferred_to_a_later_line_end():
    assert split("一二三四五六。七八\n九十一二三四", 12) == ["一二三四五六。", "七八\n九十一二三四"]


def test_a_closing_quote_stays_with_its_sentence():
    assert split("他說「一二三四。」五六七八九十", 11) == ["他說「一二三四。」", "五六七八九十"]


def test_a_dose_is_not_cut_at_its_decimal_point_or_thousands_comma():
    assert split("aaaa bb 1,000.5 mg", 13) == ["aaaa bb ", "1,000.5 mg"]


def test_a_pause_near_the_beginning_does_not_make_a_tiny_bubble():
    assert split("一。二三四五六七八九十一二", 8)[0] == "一。二三四五六七"


def test_a_label_is_shortened_between_graphemes():
    assert shorten(FAMILY * 3, 20) == FAMILY * 2 + "…"


def test_a_text_of_surrogate_pairs_is_clipped_by_utf16_units():
    assert clip("😀" * 10, 9) == "😀" * 4 + "…"
