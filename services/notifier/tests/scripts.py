"""Random texts in every script, good and broken, for tests that must not depend on luck."""

import random
from collections.abc import Callable

SAMPLES = (
    "糖尿病患者應每日監測血糖。請按時服藥，若有不適請立即就醫！",
    "ＣＯＶＩＤ－１９、㍿、㊙、ｶﾞｷﾞｸﾞ",
    "Take 500.5 mg twice daily, not 1,000 mg; call 119 if chest pain persists.",
    "ご飯の前に薬を飲んでください。「大丈夫ですか？」",
    "혈압약을 매일 아침 드세요. \u1112\u1161\u11ab\u1100\u1173\u11af",
    "กินยาหลังอาหารวันละสองครั้ง น้ำตาล",
    "Uống thuốc sau khi ăn; đo huyết áp mỗi ngày.",
    "दवा दिन में दो बार लें। क्षत्रिय श्री",
    "তিনি ওষুধ খাচ্ছেন ক্ষ্ম",
    "மருந்து ஸ்ரீ க்ஷ",
    "تناول الدواء مرتين يوميا\u064b بعد الأكل",
    "קח את התרופה פעמיים ביום שָׁלוֹם",
    "ဆေးကို တစ်နေ့ နှစ်ကြိမ် သောက်ပါ။",
    "ប្រើថ្នាំពីរដងក្នុងមួយថ្ងៃ",
    "ᠮᠣᠩᠭᠣᠯ\u180e\u180b",
    "Z\u0351\u036b\u0343a\u0300\u0301\u0302\u0303l\u0489g\u0335o\u0321",
)
EMOJI = (
    *("👨\u200d👩\u200d👧\u200d👦", "🏳\ufe0f\u200d🌈", "👍🏽", "🇹🇼🇯🇵🇺", "1\ufe0f\u20e3", "😀"),
    *("❤\ufe0f\u200d🔥", "🧑🏻\u200d🤝\u200d🧑🏿", "🏴\U000e0067\U000e0062\U000e0065\U000e007f"),
)
BROKEN = (
    *("\ud83d", "\ude00", "\udcff", "\x00", "\x07", "\x1b[0m", "\x7f", "\x85", "\u2028", "\u2029"),
    *("\ufeff", "\u200b", "\u200d", "\u202e", "\u2066", "\ufffe", "\uffff", "\ufdd0", "\U0010ffff"),
    *("\u3164", "\u2800", "\ufe0f", "\u034f", "\u0600", "\u0301", "\u093f", "\r", "\r\n", "\x0b"),
)
GAPS = ("\n\n", "\n", " ", "\t", "\u3000", "。", "，", "、", ". ", ", ", "；", "", "", "", "")
PLANES = (
    *((0x20, 0xD7FF), (0xE000, 0xFFFD), (0x10000, 0x1FFFF)),
    *((0x20000, 0x3134F), (0xE0000, 0x10FFFF)),
)


def random_text(chance: random.Random, most: int = 24) -> str:
    """Return a text of up to `most` pieces; now and then a very long one."""
    pieces = chance.randrange(1, most) if chance.random() > 0.01 else chance.randrange(200, 900)
    text = "".join(_piece(chance) + chance.choice(GAPS) for _ in range(pieces))
    return text * chance.choice((1, 1, 1, 1, 1, 1, 1, 1, 1, 40)) if len(text) < 200 else text


def _piece(chance: random.Random) -> str:
    return chance.choices(_KINDS, _WEIGHTS)[0](chance)


def _sample(chance: random.Random) -> str:
    text = chance.choice(SAMPLES)
    start = chance.randrange(len(text))
    return text[start : start + chance.randrange(1, 30)]


def _anywhere(chance: random.Random) -> str:
    first, last = chance.choice(PLANES)
    return "".join(chr(chance.randint(first, last)) for _ in range(chance.randrange(1, 8)))


def _emoji(chance: random.Random) -> str:
    return chance.choice(EMOJI) * chance.randrange(1, 4)


def _broken(chance: random.Random) -> str:
    return chance.choice(BROKEN) * chance.choice((1, 1, 1, 1, 60))


def _word(chance: random.Random) -> str:
    return chance.choice("aW衛é界") * chance.choice((3, 12, 12, 12, 700))


_KINDS: tuple[Callable[[random.Random], str], ...] = (_sample, _anywhere, _emoji, _broken, _word)
_WEIGHTS = (60, 12, 12, 12, 4)
