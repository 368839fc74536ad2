"""What is asked of the stand-in of Gemini: a text, a recording, or a text to be read aloud."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from sandbox.shapes import as_list, as_object, as_text, either

if TYPE_CHECKING:
    from sandbox.shapes import JsonObject

_STANDARD_ALPHABET = str.maketrans("-_", "+/")
_AUDIO = {
    *("audio/wav", "audio/x-wav", "audio/mp3", "audio/mpeg", "audio/aiff", "audio/x-aiff"),
    *("audio/aac", "audio/ogg", "audio/opus", "audio/flac", "audio/x-flac", "audio/webm"),
    *("audio/m4a", "audio/x-m4a", "audio/mp4"),
}


class QuestionRefused(Exception):
    """Google would call this an invalid argument."""


@dataclass(frozen=True, slots=True)
class Question:
    """One call of generateContent, read."""

    model: str
    prompt: str
    recordings: tuple[bytes, ...]
    mime_types: tuple[str, ...]
    config: JsonObject
    instructed: bool

    @property
    def speaks(self) -> bool:
        """Tell whether the answer is to be sound."""
        return "AUDIO" in as_list(self.config.get("responseModalities"))

    @property
    def task(self) -> JsonObject:
        """Return the task, as our prompts put it; sound without words is to be written down."""
        if self.speaks:
            return {"task": "speak", "text": self.prompt}
        try:
            task = as_object(orjson.loads(self.prompt))
        except orjson.JSONDecodeError:
            task = {}
        return {"task": "transcribe", **task} if self.recordings else task


def read_question(model: str, raw: bytes) -> Question:
    """Return the question in a request body, or refuse it as Google would."""
    try:
        body = as_object(orjson.loads(raw))
    except orjson.JSONDecodeError as fault:
        raise QuestionRefused("Invalid JSON payload received.") from fault
    contents = [as_object(content) for content in as_list(body.get("contents"))]
    parts = [as_object(part) for part in as_list(contents[-1].get("parts"))] if contents else []
    blobs = [blob for part in parts if (blob := _blob(part))]
    prompt = "".join(as_text(part.get("text")) for part in parts)
    if not prompt and not blobs:
        raise QuestionRefused("contents are required.")
    return Question(
        model=model,
        prompt=prompt,
        recordings=tuple(map(_sound, blobs)),
        mime_types=tuple(map(_mime_type, blobs)),
        config=as_object(body.get("generationConfig")),
        instructed=bool(either(body, "systemInstruction")),
    )


def _blob(part: JsonObject) -> JsonObject:
    return as_object(either(part, "inlineData"))


def _mime_type(blob: JsonObject) -> str:
    kind = as_text(either(blob, "mimeType"))
    if kind.partition(";")[0].strip().lower() not in _AUDIO:
        raise QuestionRefused(f"Unsupported MIME type: {kind}")
    return kind


def _sound(blob: JsonObject) -> bytes:
    # Google takes both alphabets; its own client writes the one for addresses.
    data = as_text(blob.get("data")).translate(_STANDARD_ALPHABET)
    try:
        sound = base64.b64decode(data, validate=True)
    except ValueError as fault:
        raise QuestionRefused("Base64 decoding failed for inline_data.data.") from fault
    if not sound:
        raise QuestionRefused("inline_data.data is required.")
    return sound
