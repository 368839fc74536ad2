"""The Taigi service: Chinese to TLPA, TLPA to a WAV; it fails as told."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from chassis.http import http_server
from tests.e2e.moments import PATIENCE_SECONDS, elapse
from tests.e2e.voices import tone

VOICE = {"gender": "女聲", "accent": "強勢腔（高雄腔）"}
SPOKEN_SECONDS = 1.25
RATE = 22_050


class Taigi:
    """The stand-in: `faults` happen to the next calls, one each; "" is none."""

    def __init__(self) -> None:
        """Answer at once."""
        self.faults: list[str] = []
        self.translated: list[str] = []
        self.spoken: list[str] = []
        self.refused: list[str] = []
        self.url = ""
        self.closing = asyncio.Event()

    def routes(self) -> list[Route]:
        """Return the paths; a call of any other is remembered."""
        return [
            Route("/html_taigi_zh_tw_py", self._translate, methods=["GET"]),
            Route("/synthesize_TLPA", self._speak, methods=["GET"]),
            Route("/{path:path}", self._strange, methods=["GET", "POST"]),
        ]

    async def _translate(self, request: Request) -> Response:
        text = request.query_params.get("text0", "")
        self.translated.append(text)
        return await self._failing() or PlainTextResponse(f"li2 ho2 {text}")

    async def _speak(self, request: Request) -> Response:
        asked = request.query_params
        if any(asked.get(name) != value for name, value in VOICE.items()):
            self.refused.append(str(request.url))
        self.spoken.append(asked.get("text1", ""))
        wav = tone(SPOKEN_SECONDS, RATE)
        return await self._failing() or Response(wav, media_type="audio/wav")

    async def _failing(self) -> Response | None:
        match self.faults.pop(0) if self.faults else "":
            case "":
                return None
            case "hang":
                await elapse(PATIENCE_SECONDS, unless=self.closing)
                return Response(status_code=504)
            case "html":
                return HTMLResponse("<html>Bad gateway</html>")
            case "empty":
                return Response(b"")
            case status:
                return Response(status_code=int(status))

    async def _strange(self, request: Request) -> Response:
        self.refused.append(f"{request.method} {request.url.path}")
        return Response(status_code=404)


@asynccontextmanager
async def served_taigi() -> AsyncGenerator[Taigi]:
    """Serve the stand-in on a free port."""
    taigi = Taigi()
    async with http_server(taigi.routes(), host="127.0.0.1", port=0) as port:
        taigi.url = f"http://127.0.0.1:{port}"
        yield taigi
        taigi.closing.set()
