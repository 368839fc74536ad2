"""Who spoke: where the script of a sentence makes it certain, the model is not asked."""

import re
from typing import get_args

from contracts.translation import Direction

HAN = r"\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
BOPOMOFO = r"\u02c7-\u02d9\u3105-\u312f\u31a0-\u31bf"
GREEK = r"\u00b5\u0391-\u03c9"  # α-blocker, μg: part of any medical text
HOLDS_HAN = re.compile(f"[{HAN}]")
HOLDS_OTHER_LETTERS = re.compile(rf"[^\W\d_A-Za-zªº{HAN}{BOPOMOFO}{GREEK}]")

# Parts of the names of languages that are written in Han too: there the script says nothing.
SHARES_HAN = re.compile(
    "中文|中國|國語|華[文語]|[漢粵閩贛湘]|客[家語]|吳語|[台臺]語|廣東|文言|官話|上海|潮州|福州"
    "|日[文語本]"
)
# Kana but の, which Taiwanese write for 的; two of them, for one may be a brand or a flourish.
KANA = r"[\u3041-\u306d\u306f-\u3096\u30a1-\u30fa]"

OWN_SCRIPTS = {
    "日文": re.compile(f"{KANA}.*{KANA}", re.DOTALL),
    "韓文": re.compile(r"[\uac00-\ud7a3]"),
    "泰文": re.compile(r"[\u0e01-\u0e5b]"),
}
"""Scripts that only the speakers of one language write."""


def direction(text: str, language: str, said_by_model: object) -> Direction:
    """Return who spoke: by the script where it tells, else as the model says."""
    certain = certain_direction(text, language)
    if certain is not None:
        return certain
    return next((known for known in get_args(Direction) if known == said_by_model), "from_chinese")


def certain_direction(text: str, language: str) -> Direction | None:
    """Return who spoke if the script alone tells.

    Han with no letters but plain Latin beside it is Chinese, unless the other language is written
    in Han too. A script that only the patient's language has is the patient speaking.
    """
    own = OWN_SCRIPTS.get(language)
    if own and own.search(text) and (language == "日文" or not HOLDS_HAN.search(text)):
        return "into_chinese"
    if not HOLDS_HAN.search(text) or HOLDS_OTHER_LETTERS.search(text):
        return None
    return None if SHARES_HAN.search(language) else "from_chinese"
