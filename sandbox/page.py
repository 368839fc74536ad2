"""The phone page: one HTML file, sent with a policy that lets nothing else run."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_FILE = Path(__file__).parent / "page" / "index.html"
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Page:
    """The page, read once, with the policy computed from what stands in it."""

    html: str
    policy: str

    def routes(self) -> list[Route]:
        """Return the page's path and the ones a supervisor asks."""
        return [
            Route("/", self._page, methods=["GET"]),
            Route("/health/live", _well, methods=["GET"]),
            Route("/health/ready", _well, methods=["GET"]),
        ]

    async def _page(self, _: Request) -> Response:
        headers = {
            "content-security-policy": self.policy,
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cache-control": "no-store",
        }
        return HTMLResponse(self.html, headers=headers)


def load() -> Page:
    """Read the page."""
    html = _FILE.read_text("utf-8")
    scripts, styles = _hashes(_SCRIPT, html), _hashes(_STYLE, html)
    policy = (
        "default-src 'none'; connect-src 'self'; img-src data:; media-src https: http:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        f"script-src {scripts}; style-src {styles}"
    )
    return Page(html, policy)


def _hashes(pattern: re.Pattern[str], html: str) -> str:
    found = (hashlib.sha256(part.encode()).digest() for part in pattern.findall(html))
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in found)


async def _well(_: Request) -> Response:
    return JSONResponse({"status": "ok"})
