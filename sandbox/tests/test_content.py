"""Our own content: whole, of the right size, and the same numbers in every language."""

import re
from pathlib import Path

import pytest

from sandbox import library
from sandbox.library import LANGUAGES, Leaflet, Phrase

LIBRARY = library.load()
TOPICS = {"糖尿病", "高血壓", "心臟病", "氣喘", "過敏", "流感", "COVID-19", "腎臟病"}
CODES = set(LANGUAGES.values())


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+", text))


def name_of(leaflet: Leaflet) -> str:
    return leaflet.topic


def start_of(phrase: Phrase) -> str:
    return phrase.texts["zh"]


def test_the_eight_common_topics_have_a_leaflet():
    assert {leaflet.topic for leaflet in LIBRARY.leaflets} == TOPICS


@pytest.mark.parametrize("leaflet", LIBRARY.leaflets, ids=name_of)
def test_a_leaflet_is_whole(leaflet: Leaflet):
    assert set(leaflet.texts) == CODES
    assert 400 <= len(re.sub(r"\s", "", leaflet.original)) <= 700
    assert "什麼時候要就醫" in leaflet.original
    assert "119" in leaflet.original
    assert 2 <= len(leaflet.references) <= 3
    assert all(page.uri.startswith("https://") for page in leaflet.references)


@pytest.mark.parametrize("leaflet", LIBRARY.leaflets, ids=name_of)
def test_a_leaflet_has_the_same_numbers_in_every_language(leaflet: Leaflet):
    wanted = numbers(leaflet.original)
    found = {code: numbers(text) for code, text in leaflet.texts.items()}
    assert found == dict.fromkeys(leaflet.texts, wanted)


def test_the_phrasebook_is_large_enough():
    assert len(LIBRARY.phrases) >= 40


@pytest.mark.parametrize("phrase", LIBRARY.phrases, ids=start_of)
def test_a_phrase_is_whole_and_keeps_its_numbers(phrase: Phrase):
    assert set(phrase.texts) == CODES | {"plain"}
    assert all(phrase.texts.values())
    assert len({frozenset(numbers(text)) for text in phrase.texts.values()}) == 1


def test_no_two_phrases_sound_the_same_in_a_language():
    for code in CODES:
        texts = [library.folded(phrase.texts[code]) for phrase in LIBRARY.phrases]
        assert len(texts) == len(set(texts))


def test_every_file_of_the_content_is_read():
    files = [path for path in (Path(library.CONTENT) / "leaflets").rglob("*") if path.is_file()]
    assert len(files) == len(TOPICS) * (len(CODES) + 1)
