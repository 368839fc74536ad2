"""What the stand-in of Gemini says to a task, as pure functions over the library.

It answers with real content where the library has some, and says plainly that it is a
sandbox everywhere else: nobody may take an echo for a translation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.hearing import without_mark
from sandbox.library import LANGUAGES, Leaflet, Library, Reference, folded
from sandbox.shapes import as_text

if TYPE_CHECKING:
    from sandbox.shapes import JsonObject

SANDBOX = "(沙盒)"
NOT_TRANSLATED = "(沙盒，未翻譯)"
_NO_TOPIC = """{topic}
(沙盒) 這裡是示範用的沙盒，沒有連接真正的語言模型，因此沒有「{topic}」的衛教內容。

沙盒備有完整內容的主題
{topics}

請輸入上列任一主題，或設定 GEMINI_API_KEY 以使用真正的模型。"""
_NOT_A_TASK = "(沙盒) 這裡是示範用的沙盒，沒有連接真正的語言模型，無法回答這個請求。"
_UNCHANGED = "(沙盒) 沒有真正的語言模型，無法依「{instruction}」修改；以下為原本的內容。"
_SHORTENED = "(沙盒) 已依固定規則縮短：每段保留第一點，「就醫」段落完整保留。"
_OF_ORIGINAL = "(沙盒) 以下是原始單張的譯文，不含修改的部分。"
_NO_LEAFLET = "(沙盒) 這裡沒有這份內容的{language}譯文，以下為原文，未經翻譯。"

_SHORTER = re.compile(r"簡短|縮短|精簡|簡潔|短一點|shorter", re.IGNORECASE)
_CARE = re.compile(r"就醫|急診|119")
_CHINESE = re.compile(r"[\u4e00-\u9fff\u3100-\u312f]")
_SCRIPTS = {
    "ja": re.compile(r"[\u3040-\u30ff]"),
    "ko": re.compile(r"[\uac00-\ud7af\u1100-\u11ff]"),
    "th": re.compile(r"[\u0e00-\u0e7f]"),
}
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")


@dataclass(frozen=True, slots=True)
class Answer:
    """A text and the pages it leans on, or the fields of a structured answer."""

    text: str = ""
    references: tuple[Reference, ...] = ()
    fields: JsonObject | None = None


def answer(task: JsonObject, library: Library) -> Answer:
    """Return what the model says to a task."""
    match task.get("task"):
        case "leaflet":
            return _write(as_text(task.get("topic")), library)
        case "modify_leaflet":
            leaflet, wish = as_text(task.get("leaflet")), as_text(task.get("instruction"))
            return _modify(leaflet, wish, library)
        case "translate_leaflet":
            leaflet, language = as_text(task.get("leaflet")), as_text(task.get("language"))
            return Answer(_translate(leaflet, language, library))
        case "interpret" | "plain_chinese":
            text, language = as_text(task.get("text")), as_text(task.get("language"))
            return Answer(fields=_interpret(text, language, library))
        case "transcribe":
            heard = as_text(task.get("heard"))
            return Answer(heard, fields={"transcript": heard})
        case _:
            return Answer(_NOT_A_TASK)


def _write(topic: str, library: Library) -> Answer:
    leaflet = library.leaflet_about(topic)
    if leaflet is not None:
        return Answer(leaflet.original, leaflet.references)
    topics = "\n".join(f"• {known.topic}" for known in library.leaflets)
    return Answer(_NO_TOPIC.format(topic=topic, topics=topics))


def _modify(text: str, instruction: str, library: Library) -> Answer:
    known = library.leaflet_within(text)
    references = known.references if known else ()
    body = _without_notes(text)
    if _SHORTER.search(instruction):
        return Answer(f"{_SHORTENED}\n\n{_shortened(body)}", references)
    return Answer(f"{_UNCHANGED.format(instruction=instruction)}\n\n{body}", references)


def _translate(text: str, language: str, library: Library) -> str:
    known = library.leaflet_within(text)
    translated = known.in_language(language) if known else None
    if known is None or translated is None:
        return f"{_NO_LEAFLET.format(language=language)}\n\n{_without_notes(text)}"
    return translated if _is_original(text, known) else f"{_OF_ORIGINAL}\n\n{translated}"


def _is_original(text: str, leaflet: Leaflet) -> bool:
    return folded(leaflet.original) in folded(text)


def _without_notes(text: str) -> str:
    lines = [line for line in text.splitlines() if not line.startswith(SANDBOX)]
    return "\n".join(lines).strip()


def _shortened(text: str) -> str:
    """Keep every heading and its first line, but all lines about when to seek care."""
    kept: list[str] = []
    points, in_care = 0, False
    for line in text.splitlines():
        if not line.startswith("•"):
            points, in_care = 0, bool(_CARE.search(line))
        else:
            points += 1
        if points <= 1 or in_care or _CARE.search(line):
            kept.append(line)
    return "\n".join(kept)


def _interpret(said: str, language: str, library: Library) -> JsonObject:
    text = without_mark(said)
    found = library.phrase(text, language)
    if found is None:
        return _echo(text, language)
    phrase, said_in_language = found
    if said_in_language:
        return _fields(into_chinese=True, plain=phrase.plain, translation=text)
    translation = phrase.in_language(language) or f"{NOT_TRANSLATED} {text}"
    return _fields(into_chinese=False, plain=phrase.plain, translation=translation)


def _echo(text: str, language: str) -> JsonObject:
    marked = f"{NOT_TRANSLATED} {text}"
    if is_in_language(text, language):
        return _fields(into_chinese=True, plain=marked, translation=text)
    plain = text if _CHINESE.search(text) else marked
    return _fields(into_chinese=False, plain=plain, translation=marked)


def _fields(*, into_chinese: bool, plain: str, translation: str) -> JsonObject:
    direction = "into_chinese" if into_chinese else "from_chinese"
    return {"direction": direction, "plain_chinese": plain, "translation": translation}


def is_in_language(text: str, language: str) -> bool:
    """Guess by its script whether a text is already in the target language."""
    code = LANGUAGES.get(language)
    if code in _SCRIPTS:
        return bool(_SCRIPTS[code].search(text))
    if any(script.search(text) for script in _SCRIPTS.values()):
        return False
    if code == "zh" or language == "台語":
        return bool(_CHINESE.search(text))
    return not _CHINESE.search(text) and bool(_LATIN.search(text))
