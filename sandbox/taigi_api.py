"""The Taigi service: Chinese to a romanisation, and the romanisation to sound.

The readings are none: each character gets a syllable of its own, always the same, so that what
follows has something of the right shape to work with. The answer says so.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sandbox import misbehaviour, sound
from sandbox.faults import status_of
from sandbox.misbehaviour import Cut

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.faults import Switchboard
    from sandbox.misbehaviour import Lines

RATE = 22_050
NOT_READ = "(沙盒，非真實台語讀音)"
_LONGEST_TEXT = 5_000
_GENDERS = {"女聲", "男聲"}
_ACCENTS = {"強勢腔（高雄腔）", "次強勢腔（台北腔）"}
_GARBAGE = b"\0\1this is no sound\xff" * 20
# What other parts of the sandbox remark on a text is not part of it.
_REMARKS = re.compile(r"\(沙盒[^)]*\)\s*")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_PIECES = re.compile(rf"[a-zA-Z]+|[0-9]+|{_HAN.pattern}|[^\w\s]|\w")
_INITIALS = " p ph b m t th n l k kh g ng h c ch s j"
_FINALS = "a i u e o ai au ia iu io ua ui ue an in un ang ing ong iong am im"
_STOPPED = "ah ih uh eh oh at it ut ak ik ok ap ip"
_OPEN_TONES = "1 2 3 5 7"
_STOPPED_TONES = "4 8"


@dataclass(frozen=True, slots=True)
class TaigiApi:
    """The two calls of the service."""

    faults: Switchboard
    lines: Lines

    def routes(self) -> list[Route]:
        """Return the paths, below a prefix of their own."""
        return [
            Route("/taigi/html_taigi_zh_tw_py", self._translate, methods=["GET"]),
            Route("/taigi/synthesize_TLPA", self._speak, methods=["GET"]),
        ]

    async def _translate(self, request: Request) -> Response:
        text = request.query_params.get("text0", "").strip()
        if not 0 < len(text) <= _LONGEST_TEXT:
            return PlainTextResponse("text0 is missing or too long", 400)
        return await self._failing(request) or PlainTextResponse(f"{NOT_READ} {romanised(text)}")

    async def _speak(self, request: Request) -> Response:
        asked = request.query_params
        text = asked.get("text1", "").strip()
        if not text or asked.get("gender") not in _GENDERS or asked.get("accent") not in _ACCENTS:
            return PlainTextResponse("text1, gender or accent is missing or unknown", 400)
        samples = sound.chant(text.removeprefix(NOT_READ), RATE)
        spoken = Response(sound.wav(samples, RATE), media_type="audio/wav")
        return await self._failing(request) or spoken

    async def _failing(self, request: Request) -> Response | None:
        mode = self.faults.take("taigi")
        status = status_of(mode)
        if status is not None:
            return PlainTextResponse("The service has a problem.", status)
        match mode:
            case "hang":
                return await misbehaviour.hang(request, self.lines)
            case "html":
                return misbehaviour.page()
            case "reset":
                return Cut(self.lines)
            case "garbage" | "empty":
                return Response(_GARBAGE if mode == "garbage" else b"", media_type="audio/wav")
            case _:
                return None


def romanised(text: str) -> str:
    """Return a syllable for each Chinese character; words of letters and numbers stay."""
    said = _PIECES.findall(_REMARKS.sub("", text))
    pieces = (_syllable(piece) if _HAN.match(piece) else piece for piece in said)
    return re.sub(r"\s+([^\w\s])", r"\1", " ".join(pieces))


def _syllable(character: str) -> str:
    digest = hashlib.sha256(character.encode()).digest()
    stopped = digest[0] < 64  # noqa: PLR2004  about a quarter of all syllables ends in a stop
    finals, tones = (_STOPPED, _STOPPED_TONES) if stopped else (_FINALS, _OPEN_TONES)
    parts = (_INITIALS, finals, tones)
    return "".join(_chosen(part, byte) for part, byte in zip(parts, digest[1:], strict=False))


def _chosen(choices: str, byte: int) -> str:
    names = choices.split(" ")
    return names[byte % len(names)]
