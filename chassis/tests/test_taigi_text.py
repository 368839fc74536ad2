"""Texts to and from the Taigi service."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.taigi_text import pieces, read_tlpa

PROSE = st.text(st.sampled_from("藥水痛。，！ \n1,.abc；"), max_size=120)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n ", []),
        ("不要吃。", ["不要吃。"]),
        ("先禁食。再抽血，等三天", ["先禁食。", "再抽血，", "等三天"]),
        ("吃 1,000 mg 藥", ["吃", "1,000", "mg 藥"]),
        ("一二三四五六七八", ["一二三四五六", "七八"]),
    ],
)
def test_a_text_is_cut_where_one_may_pause(text: str, expected: list[str]):
    assert pieces(text, 6) == expected


@given(PROSE, st.integers(1, 30))
def test_pieces_are_short_and_lose_nothing(text: str, longest: int):
    found = pieces(text, longest)
    assert all(0 < len(piece) <= longest for piece in found)
    assert "".join("".join(found).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("answer", "tlpa"),
    [
        ("li2 ho2", "li2 ho2"),
        ("  li2\n ho2 \n", "li2 ho2"),
        ("<p>li2&nbsp;ho2</p>", "li2 ho2"),
        ("li2<br>ho2<br/>", "li2 ho2"),
        ("<html><head><title>Taigi</title></head><body>li2 ho2</body></html>", "li2 ho2"),
        ("<!doctype html><head><style>p1 {}</style><body><b>li2</b> ho2", "li2 ho2"),
        ("<script>var x1</script>li2 ho2", "li2 ho2"),
        ("<html>Bad gateway</html>", ""),
        ("<html><head><title>504</title></head><center><h1>504 Time-out</h1>nginx/1.18", ""),
        ("<html></html>", ""),
        ("", ""),
    ],
)
def test_romanisation_is_read_out_of_whatever_it_comes_in(answer: str, tlpa: str):
    assert read_tlpa(answer) == tlpa


@given(st.text(st.sampled_from("<>/!-&;abhtml2 \n'\""), max_size=60))
def test_no_answer_is_too_odd_to_read(answer: str):
    assert read_tlpa(answer) == read_tlpa(answer).strip()
