"""Gemini's speech: what its models refuse, and sound in the form of each of their generations."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from sandbox import sound
from sandbox.shapes import as_object, as_text, either

if TYPE_CHECKING:
    from sandbox.questions import Question
    from sandbox.shapes import JsonObject

RATE = 24_000
_TOKENS_A_SECOND = 25
_PCM = f"audio/L16;codec=pcm;rate={RATE}"
_HEADING = re.compile(r"^\W*transcript\W*$", re.IGNORECASE | re.MULTILINE)
_GARBAGE = b"\0\1this is no sound\xff" * 20
_NOT_FOR_SPEECH = ("temperature", "topP", "topK")
_VOICES = """
    zephyr puck charon kore fenrir leda orus aoede callirrhoe autonoe enceladus iapetus umbriel
    algieba despina erinome algenib rasalgethi laomedeia achernar alnilam schedar gacrux
    pulcherrima achird zubenelgenubi vindemiatrix sadachbia sadaltager sulafat
"""


def speech_fault(question: Question) -> str | None:
    """Return why Google would refuse what is asked in regard of sound, None when it would not."""
    can_speak = "tts" in question.model
    if question.speaks is not can_speak:
        modality = "AUDIO" if question.speaks else "TEXT"
        return f"The requested combination of response modalities ({modality}) is not supported."
    if not question.speaks:
        return None
    if question.instructed:
        return f"Developer instruction is not enabled for models/{question.model}"
    unwanted = [name for name in _NOT_FOR_SPEECH if either(question.config, name) is not None]
    if unwanted and not _gives_samples(question.model):
        return f"{unwanted[0]} is not supported by models/{question.model}"
    voice = _voice(question)
    return f"Voice name {voice} is not supported." if voice.lower() not in _VOICES.split() else None


def spoken(question: Question, mode: str) -> JsonObject:
    """Return the answer with the prompt as sound; a fault's mode may cut or spoil it."""
    samples = sound.melody(_transcript(question.prompt), RATE)
    said, finish = _formed(samples, question.model), "STOP"
    if mode == "truncated":
        said, finish = said[: len(said) // 4 * 2], "MAX_TOKENS"
    if mode == "garbage":
        said = _GARBAGE
    kind = _PCM if _gives_samples(question.model) else "audio/wav"
    part = {"inlineData": {"mimeType": kind, "data": base64.b64encode(said).decode()}}
    content = {"parts": [part], "role": "model"}
    heard = len(samples) * _TOKENS_A_SECOND // (2 * RATE)
    return {
        "candidates": [{"content": content, "finishReason": finish, "index": 0}],
        "usageMetadata": {
            "promptTokenCount": len(question.prompt),
            "candidatesTokenCount": heard,
            "totalTokenCount": len(question.prompt) + heard,
        },
        "modelVersion": f"{question.model}-sandbox",
    }


def _formed(samples: bytes, model: str) -> bytes:
    return samples if _gives_samples(model) else sound.wav(samples, RATE)


def _gives_samples(model: str) -> bool:
    """Tell whether a model is of the generation that gave samples without a header."""
    return "-2.5-" in model


def _transcript(prompt: str) -> str:
    """Return what is to be spoken: directions may stand before it, under a heading of its own."""
    return _HEADING.split(prompt, maxsplit=1)[-1].strip()


def _voice(question: Question) -> str:
    speech = as_object(either(question.config, "speechConfig"))
    voice = as_object(either(speech, "voiceConfig"))
    chosen = as_object(either(voice, "prebuiltVoiceConfig"))
    return as_text(either(chosen, "voiceName")) or "Kore"
