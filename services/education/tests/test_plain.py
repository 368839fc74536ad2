"""Leaflets without Markdown."""

import re
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.education.plain import plain_text

SIGNS = ["# ", "**", "__", "* ", "- ", "```", "> ", "`", "---", "•", "(", ")", "[", "]"]
BREAKS = ["\n", "\n\n\n", " "]
WORDS = ["[血糖](https://a.example/7)", "120/80", "7.0%", "血糖", "mg", "-5", "3*4"]
MARKED = st.lists(st.sampled_from([*SIGNS, *BREAKS, *WORDS])).map("".join)


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("# 糖尿病", "糖尿病"),
        ("### **【常見症狀】**", "【常見症狀】"),
        ("* 多喝水\n- 少吃糖\n+ 運動", "• 多喝水\n• 少吃糖\n• 運動"),
        ("  - 內縮", "• 內縮"),
        ("請**立刻**就醫", "請立刻就醫"),
        ("請__立刻__就醫", "請立刻就醫"),
        ("未關的 ** 記號", "未關的  記號"),
        ("```text\n內容\n```", "內容"),
        ("```120 度```", "120 度"),
        ("[註](每日2次)", "[註](每日2次)"),
        ("一\n\n\n\n二", "一\n\n二"),
        ("一\r\n二", "一\n二"),
        ("上\n---\n下", "上\n\n下"),
        ("> 引用", "引用"),
        ("詳見[國健署](https://www.hpa.gov.tw)。", "詳見國健署。"),
        ("1. 第一\n2. 第二", "1. 第一\n2. 第二"),
        ("血糖 70-180 mg/dL，-5 度，3*4", "血糖 70-180 mg/dL，-5 度，3*4"),
        ("#1 號藥", "#1 號藥"),
        ("120/80**3 次**", "120/80 3 次"),
        ("5[3](https://a.example)4", "5 3 4"),
    ],
)
def test_markdown_becomes_plain_text(marked: str, plain: str):
    assert plain_text(marked) == plain


@given(st.one_of(MARKED, st.text()))
def test_doing_it_twice_changes_nothing(text: str):
    assert plain_text(plain_text(text)) == plain_text(text)


@given(MARKED)
def test_every_number_stays_as_it_was(text: str):
    shown = re.sub(r"\(https://a\.example/7\)", "", text)
    assert re.findall(r"\d+", plain_text(text)) == re.findall(r"\d+", shown)


@given(MARKED)
def test_no_markdown_is_left(text: str):
    plain = plain_text(text)
    assert "**" not in plain
    assert "`" not in plain
    assert "](https" not in plain
    assert not re.search(r"^#+ ", plain, re.MULTILINE)


@pytest.mark.parametrize("unit", [" ", "> ", "- ", "__a", "[a", "1**", "# ", "![]("])
def test_a_page_of_rubbish_is_read_in_no_time(unit: str):
    began = process_time()
    plain_text(f"x{unit * 10_000}x")
    assert process_time() - began < 0.5
