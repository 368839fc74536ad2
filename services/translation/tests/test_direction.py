"""Who spoke, by script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.translation.direction import certain_direction, direction

HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1)
LATIN = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))
THAI = st.text(st.characters(min_codepoint=0x0E01, max_codepoint=0x0E2E), min_size=1)
ANYTHING = st.one_of(st.none(), st.text(), st.integers(), st.sampled_from(["into_chinese"]))
OTHERS = st.sampled_from(["英文", "韓文", "泰文", "越南文", "印尼文", "西班牙文", "法文", "德文"])
SHARING = st.sampled_from(["日文", "中文(繁體)", "中文(簡體)", "台語", "粵語", "客家話", "日語"])


@pytest.mark.parametrize(
    ("text", "language", "certain"),
    [
        ("病人需要空腹八小時", "英文", "from_chinese"),
        ("pt 有 DM、HTN，on HD 3x/wk", "英文", "from_chinese"),
        ("β-blocker 每日 5 μg", "越南文", "from_chinese"),
        ("ㄅㄆㄇ 很痛", "泰文", "from_chinese"),
        ("Tôi bị 糖尿病", "越南文", None),
        ("薬を飲みました", "日文", "into_chinese"),
        ("糖尿病", "日文", None),
        ("我の藥吃完了", "日文", None),
        ("薬を飲みました", "英文", None),
        ("내일 다시 오겠습니다", "韓文", "into_chinese"),
        ("請說 안녕", "韓文", None),
        ("ปวดท้อง 3 วัน", "泰文", "into_chinese"),
        ("這個字是 ปวด 嗎", "泰文", None),
        ("I have had a fever for 3 days", "英文", None),
        ("120/80", "英文", None),
        ("", "英文", None),
    ],
)
def test_the_script_tells_who_spoke_or_does_not(text: str, language: str, certain: str | None):
    assert certain_direction(text, language) == certain


@given(HAN, LATIN, OTHERS, ANYTHING)
def test_chinese_with_latin_terms_is_chinese_whatever_the_model_says(
    han: str, latin: str, language: str, said: object
):
    assert direction(latin + han + latin, language, said) == "from_chinese"


@given(THAI, LATIN, ANYTHING)
def test_thai_is_a_thai_patient_whatever_the_model_says(thai: str, latin: str, said: object):
    assert direction(latin + thai, "泰文", said) == "into_chinese"


@given(HAN, LATIN, SHARING)
def test_a_language_written_in_han_too_leaves_it_to_the_model(han: str, latin: str, language: str):
    assert direction(han + latin, language, "into_chinese") == "into_chinese"


@given(LATIN, ANYTHING)
def test_an_odd_word_of_the_model_means_from_chinese(text: str, said: object):
    expected = "into_chinese" if said == "into_chinese" else "from_chinese"
    assert direction(text, "英文", said) == expected
