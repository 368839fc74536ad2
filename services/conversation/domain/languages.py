"""The names of languages: what people call them, and the one name we use for each."""

from collections.abc import Iterable, Iterator
from functools import cache

from services.conversation.domain.commands import normalised
from services.conversation.domain.language_table import ROWS

CHINESE = "中文(繁體)"
TAIGI = "台語"

OFFERED: tuple[str, ...] = (
    CHINESE,
    TAIGI,
    "英文",
    "日文",
    "韓文",
    "泰文",
    "越南文",
    "印尼文",
    "西班牙文",
    "法文",
)
"""The languages that are offered as choices; any other that we can name is taken too."""

OFFERED_FOR_LEAFLETS: tuple[str, ...] = tuple(name for name in OFFERED if name != TAIGI)

_OURS = {"zh": CHINESE, "nan": TAIGI}
"""Where our name is not CLDR's."""

_SPOKEN_OF: dict[str, tuple[str, ...]] = {
    CHINESE: (
        *("繁體中文", "正體中文", "中文", "繁中", "國語", "華語", "漢語", "普通話", "台灣國語"),
        *("mandarin", "traditional chinese", "chinese (traditional)", "zh-tw", "zh-hant"),
    ),
    "中文(簡體)": (
        *("簡體中文", "简体中文", "簡中", "simplified chinese", "chinese (simplified)"),
        *("zh-cn", "zh-hans"),
    ),
    TAIGI: (
        *("台語", "臺語", "台灣話", "臺灣話", "台灣台語", "臺灣臺語", "台灣閩南語"),
        *("閩南語", "福建話", "河洛話", "taiwanese", "taigi", "tai-gi", "taiyu", "hokkien"),
        *("minnan", "taiwanese hokkien"),
    ),
    "英文": ("美語", "美式英文", "英式英文", "美國話", "英國話"),
    "日文": ("日本語",),
    "韓文": ("韓國語", "朝鮮語"),
    "泰文": ("泰國話", "ภาษาไทย"),
    "越南文": ("越語",),
    "印尼文": ("印尼語", "印度尼西亞語", "bahasa", "bahasa indonesia"),
    "西班牙文": ("西語", "castellano"),
    "法文": ("法國話",),
    "德文": ("德國話",),
    "葡萄牙文": ("葡語",),
    "俄文": ("俄羅斯語",),
    "義大利文": ("意大利語", "義語"),
    "菲律賓文": ("他加祿語", "塔加洛語", "塔加路族文", "tagalog", "pilipino", "tl"),
    "緬甸文": ("緬語", "myanmar"),
    "高棉文": ("柬埔寨語", "柬語", "cambodian"),
    "寮文": ("寮國話", "老撾語", "laotian"),
    "馬來文": ("馬來西亞語", "大馬語", "bahasa melayu"),
    "印地文": ("印度語", "印度話"),
    "粵語": ("廣東話", "香港話", "廣東語"),
    "客家話": ("客語", "hakka"),
    "德文（瑞士）": ("瑞士德語",),
    "坦米爾文": ("淡米爾語", "泰米爾語"),
    "喬治亞文": ("格魯吉亞語",),
    "苗語": ("苗族語",),
    "阿美語": ("阿美族語", "amis", "pangcah", "ami"),
    "泰雅語": ("泰雅族語", "atayal", "tay"),
    "排灣語": ("排灣族語", "paiwan", "pwn"),
    "布農語": ("布農族語", "bunun", "bnn"),
}
"""Other names in use in Taiwan, by ours; names that end in 語, 文 or 話 stand for all three."""

# Codes that somebody may well type as a word of its own.
_WORDS = frozenset({"am", "an", "as", "be", "ha", "he", "hi", "ho", "is", "my", "no", "or", "so"})
_ENDINGS = ("語", "文", "話", "语", "话")
_SHORTEST_STEM = 2  # 越南 alone is clear, 德 is not


def parse_language(text: str) -> str | None:
    """Return our name of the language that a user named; None when there is none we know."""
    return _names().get(_key(normalised(text)))


@cache
def _names() -> dict[str, str]:
    names: dict[str, str] = {}
    for ours, called in _all_names():
        for name in called:
            for key in filter(None, _keys(name)):
                names.setdefault(key, ours)
    return names


def _all_names() -> Iterator[tuple[str, Iterable[str]]]:
    """Ours first: the first to take a name keeps it."""
    yield from ((ours, (ours, *others)) for ours, others in _SPOKEN_OF.items())
    for row in ROWS:
        code, ours, *others = row.split("|")
        yield _OURS.get(code, ours), (ours, *others, *(() if code in _WORDS else (code,)))


def _keys(name: str) -> Iterator[str]:
    key = _key(normalised(name))
    yield key
    if key.endswith(_ENDINGS):
        stem = key[:-1]
        yield from (stem + ending for ending in _ENDINGS)
        if len(stem) >= _SHORTEST_STEM:
            yield stem


def _key(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
