"""Writes domain/language_table.py from CLDR's names, as the babel of requirements.in has them.

Run it after babel was updated: python -m services.conversation.tests.language_table
"""

from pathlib import Path

from babel import Locale
from babel.core import UnknownLocaleError

TABLE = Path(__file__).parent.parent / "domain" / "language_table.py"
# CLDR names these too, but nobody's patient speaks them; `tl` is what CLDR now calls `fil`.
NOT_SPOKEN = frozenset({"ae", "cu", "ia", "ie", "io", "la", "pi", "sa", "sh", "tl", "vo"})
LONGER_CODES = frozenset(
    {"ban", "bho", "bik", "ceb", "chr", "ckb", "doi", "fil", "gan", "gsw", "hak", "haw", "hil"}
    | {"hmn", "hsn", "ilo", "jam", "kab", "kac", "kok", "lus", "mad", "mai", "min", "mni", "nan"}
    | {"pam", "pcm", "rhg", "sat", "shn", "syr", "trv", "war", "wuu", "yue", "zgh"}
)
HEAD = '''"""CLDR's names of living languages: code, zh-Hant, zh-Hans, English, the language's own.

Written by services/conversation/tests/language_table.py: run that instead of editing this.
"""

ROWS: tuple[str, ...] = (
'''


def codes() -> list[str]:
    """Return the codes of the languages in the table."""
    named = map(str, Locale.parse("zh_Hant").languages)
    short = {code for code in named if len(code) == len("zh")}
    return sorted((short - NOT_SPOKEN) | LONGER_CODES)


def row(code: str) -> str:
    """Return a language's code and names; empty where CLDR has none."""
    names = [Locale.parse(reader).languages.get(code, "") for reader in ("zh_Hant", "zh", "en")]
    return "|".join([code, *names, own_name(code)])


def own_name(code: str) -> str:
    """Return what a language calls itself."""
    try:
        return Locale.parse(code).languages.get(code, "")
    except UnknownLocaleError:
        return ""


def table() -> str:
    """Return the whole module as it must stand in the repository."""
    lines = (f'    "{row(code)}",\n' for code in codes())
    return HEAD + "".join(lines) + ")\n"


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
