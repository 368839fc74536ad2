"""The sandbox's own content, read once: leaflets with translations, and a phrasebook."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import orjson

CONTENT = Path(__file__).parent / "content"

# Display names of the languages and the names of their files.
LANGUAGES = {
    "中文(繁體)": "zh",
    "英文": "en",
    "日文": "ja",
    "韓文": "ko",
    "泰文": "th",
    "越南文": "vi",
    "印尼文": "id",
    "西班牙文": "es",
    "法文": "fr",
}
_IGNORED = re.compile(r"[\s\W_]+")
_FILLER = re.compile(r"^(請|幫我|我要|我想|製作|關於|介紹)+|(的|衛教|單張|介紹|資料|資訊|是什麼)+$")


@dataclass(frozen=True, slots=True)
class Reference:
    """A source of a leaflet: an institution's page."""

    title: str
    uri: str


@dataclass(frozen=True, slots=True)
class Leaflet:
    """A leaflet in Traditional Chinese with its sources and translations."""

    topic: str
    names: frozenset[str]
    references: tuple[Reference, ...]
    texts: dict[str, str]

    @property
    def original(self) -> str:
        """Return the leaflet in Traditional Chinese."""
        return self.texts["zh"]

    def in_language(self, language: str) -> str | None:
        """Return the translation into a language we offer, or nothing."""
        return self.texts.get(LANGUAGES.get(language, ""))


@dataclass(frozen=True, slots=True)
class Phrase:
    """One sentence of the clinic: for professionals, in plain Chinese, and in nine languages."""

    texts: dict[str, str]

    @property
    def plain(self) -> str:
        """Return the sentence in plain Chinese."""
        return self.texts["plain"]

    def in_language(self, language: str) -> str | None:
        """Return the sentence in a language we offer; 台語 is spoken from plain Chinese."""
        if language in {"台語", "中文(繁體)"}:
            return self.plain
        return self.texts.get(LANGUAGES.get(language, ""))


@dataclass(frozen=True, slots=True)
class Library:
    """All content, with the look-ups the stand-in needs."""

    leaflets: tuple[Leaflet, ...]
    phrases: tuple[Phrase, ...]
    _spoken: dict[str, list[tuple[str, Phrase]]]

    def leaflet_about(self, topic: str) -> Leaflet | None:
        """Return the leaflet for a topic by any of its names."""
        name = _FILLER.sub("", folded(topic))
        return next((leaflet for leaflet in self.leaflets if name in leaflet.names), None)

    def leaflet_within(self, text: str) -> Leaflet | None:
        """Return the leaflet whose title line stands in the text."""
        lines = {folded(line) for line in text.splitlines()}
        return next((leaf for leaf in self.leaflets if folded(title_of(leaf)) in lines), None)

    def phrase(self, text: str, language: str) -> tuple[Phrase, bool] | None:
        """Return the phrase for a sentence, and whether it was said in that language."""
        found = self._spoken.get(folded(text), [])
        wanted = LANGUAGES.get(language)
        for code, phrase in sorted(found, key=lambda pair: pair[0] != wanted):
            return phrase, code == wanted
        return None


def folded(text: str) -> str:
    """Return the text without case, width, space and punctuation, for look-ups."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text).casefold())


def title_of(leaflet: Leaflet) -> str:
    """Return the first line of a leaflet."""
    return leaflet.original.splitlines()[0]


def load(folder: Path = CONTENT) -> Library:
    """Read the content."""
    leaflets = tuple(_leaflet(path) for path in sorted((folder / "leaflets").iterdir()))
    rows: list[dict[str, str]] = orjson.loads((folder / "phrasebook.json").read_bytes())
    phrases = tuple(Phrase(row) for row in rows)
    return Library(leaflets, phrases, _spoken(phrases))


def _leaflet(folder: Path) -> Leaflet:
    about = orjson.loads((folder / "about.json").read_bytes())
    texts = {path.stem: path.read_text("utf-8").strip() for path in folder.glob("*.md")}
    return Leaflet(
        topic=about["topic"],
        names=frozenset(folded(name) for name in [about["topic"], *about["names"]]),
        references=tuple(Reference(**reference) for reference in about["references"]),
        texts=texts,
    )


def _spoken(phrases: tuple[Phrase, ...]) -> dict[str, list[tuple[str, Phrase]]]:
    spoken: dict[str, list[tuple[str, Phrase]]] = {}
    for phrase in phrases:
        for code, text in phrase.texts.items():
            key = "zh" if code == "plain" else code
            spoken.setdefault(folded(text), []).append((key, phrase))
    return spoken
