"""The phone page: its files, sent with a policy that lets nothing else run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

_FOLDER = Path(__file__).parent / "page"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; media-src 'self' blob: https: http:; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Page:
    """The page's files, read once."""

    files: dict[str, bytes]

    def routes(self) -> list[Route]:
        """Return the paths of the page, and the ones a supervisor asks."""
        return [
            Route("/", self._page, methods=["GET"]),
            Route("/page/{name:path}", self._file, methods=["GET"]),
            Route("/health/live", _well, methods=["GET"]),
            Route("/health/ready", _well, methods=["GET"]),
        ]

    async def _page(self, _: Request) -> Response:
        return self._sent("index.html")

    async def _file(self, request: Request) -> Response:
        return self._sent(str(request.path_params["name"]))

    def _sent(self, name: str) -> Response:
        content = self.files.get(name)
        if content is None:
            return Response(status_code=404)
        return Response(content, headers=_HEADERS, media_type=_TYPES[Path(name).suffix])


def load(folder: Path = _FOLDER) -> Page:
    """Read the page; only what lies in its folder now is ever sent."""
    found = (path for path in folder.rglob("*") if path.suffix in _TYPES)
    return Page({path.relative_to(folder).as_posix(): path.read_bytes() for path in found})


async def _well(_: Request) -> Response:
    return JSONResponse({"status": "ok"})
