"""Names of languages, as people type them, against CLDR."""

from collections import defaultdict

import pytest

from services.conversation.domain.language_table import ROWS
from services.conversation.domain.languages import OFFERED, OFFERED_FOR_LEAFLETS, parse_language
from services.conversation.tests.language_table import TABLE, table

KNOWN = {
    "英文": "英文 英語 English ENGLISH en 美語 Ｅｎｇｌｉｓｈ 英语",
    "台語": "台語 臺語 台灣話 閩南語 taiwanese Taigi 閩南話",
    "中文(繁體)": "中文 繁體中文 中文(繁體) 中文（繁體） 國語 華語 Mandarin zh zh-TW Chinese",
    "中文(簡體)": "簡體中文 简体中文 中文(簡體)",
    "日文": "日文 日語 日本語 日本話 Japanese ja",
    "韓文": "韓文 韓語 韓國話 Korean 한국어",
    "泰文": "泰文 泰語 泰國話 Thai ไทย",
    "越南文": "越南文 越南語 越語 越文 越南 Vietnamese vi",
    "印尼文": "印尼文 印尼語 印尼話 印度尼西亞語 Indonesian id",
    "西班牙文": "西班牙文 西班牙語 西語 Spanish español es",
    "法文": "法文 法語 French français fr",
    "菲律賓文": "菲律賓文 菲律賓語 Tagalog 他加祿語",
    "緬甸文": "緬甸文 緬甸話 緬語 Burmese",
    "粵語": "粵語 廣東話 Cantonese",
    "烏克蘭文": "烏克蘭語 烏克蘭 Ukrainian українська",
    "阿美語": "阿美語 阿美族語 Amis",
}


@pytest.mark.parametrize(
    ("name", "ours"), [(name, ours) for ours, names in KNOWN.items() for name in names.split()]
)
def test_a_language_is_known_by_its_names(name: str, ours: str):
    assert parse_language(name) == ours


@pytest.mark.parametrize("text", ["", "!!!", "糖尿病", "我要翻譯", "no", "hi", "德", "頭痛", "文"])
def test_other_words_are_no_language(text: str):
    assert parse_language(text) is None


@pytest.mark.parametrize("name", OFFERED)
def test_what_is_offered_is_understood(name: str):
    assert parse_language(name) == name


def test_taigi_is_not_offered_for_leaflets():
    assert set(OFFERED) - set(OFFERED_FOR_LEAFLETS) == {"台語"}


def test_the_table_is_what_cldr_says():
    assert TABLE.read_text(encoding="utf-8") == table()


def test_about_200_languages_can_be_named():
    assert len(ROWS) > 180


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[0])
def test_the_names_of_a_language_lead_to_one_language(row: str):
    names = [name for name in row.split("|")[1:] if name]
    # The two Ndebele languages call themselves the same.
    found = {parse_language(name) for name in names if name != "isiNdebele"}
    assert len(found) == 1
    assert None not in found


def test_no_two_rows_share_a_name_in_chinese():
    shared: dict[str, list[str]] = defaultdict(list)
    for row in ROWS:
        code, name, *_ = row.split("|")
        shared[name].append(code)
    assert [codes for codes in shared.values() if len(codes) > 1] == []
