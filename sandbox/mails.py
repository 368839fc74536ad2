"""Mails as records, and as a reader of the sandbox sees them."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default as policy
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import EmailMessage

    from starlette.requests import Request

    from sandbox.ledger import Ledger
    from sandbox.shapes import JsonObject

# A mail is somebody else's page: it may look as it likes, and run and fetch nothing.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
_LINKS = '<base target="_blank">'
_HEAD = re.compile(r"<head[^>]*>|<html[^>]*>|<!doctype[^>]*>", re.IGNORECASE)


def record(time: float, sender: str | None, recipients: Sequence[str], raw: bytes) -> JsonObject:
    """Return the record of a mail that was taken."""
    return {
        "kind": "mail",
        "time": time,
        "from": sender or "",
        "to": list(recipients),
        "raw": base64.b64encode(raw).decode(),
    }


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The mails that were taken, for whoever looks."""

    ledger: Ledger

    def routes(self) -> list[Route]:
        """Return the paths."""
        return [
            Route("/sandbox/mails", self._list, methods=["GET"]),
            Route("/sandbox/mails/{number:int}/html", self._html, methods=["GET"]),
            Route("/sandbox/mails/{number:int}/raw", self._raw, methods=["GET"]),
        ]

    async def _list(self, request: Request) -> Response:
        wanted = request.query_params.get("to", "")
        rows = [row for row in self.ledger.world.mails if not wanted or wanted in row["to"]]
        return JSONResponse({"mails": [_shown(row) for row in rows]})

    async def _html(self, request: Request) -> Response:
        row = self._found(request)
        html = _part(_mail(row), "html") if row else None
        if html is None:
            return Response(status_code=404)
        return HTMLResponse(_with_open_links(html), headers={"content-security-policy": _POLICY})

    async def _raw(self, request: Request) -> Response:
        row = self._found(request)
        if row is None:
            return Response(status_code=404)
        headers = {"content-disposition": f'attachment; filename="mail-{row["seq"]}.eml"'}
        return Response(base64.b64decode(row["raw"]), 200, headers, "message/rfc822")

    def _found(self, request: Request) -> JsonObject | None:
        number = int(request.path_params["number"])
        return next((row for row in self.ledger.world.mails if row["seq"] == number), None)


def _mail(row: JsonObject) -> EmailMessage:
    return message_from_bytes(base64.b64decode(row["raw"]), policy=policy)


def _shown(row: JsonObject) -> JsonObject:
    mail = _mail(row)
    return {
        "seq": row["seq"],
        "time": row["time"],
        "from": row["from"],
        "to": row["to"],
        "subject": str(mail.get("Subject", "")),
        "headers": [[name, str(value)] for name, value in mail.items()],
        "text": _part(mail, "plain"),
        "html": _part(mail, "html"),
        "parts": [part.get_content_type() for part in mail.walk() if not part.is_multipart()],
    }


def _part(mail: EmailMessage, kind: str) -> str | None:
    part = mail.get_body((kind,))
    try:
        return str(part.get_content(errors="replace")) if part is not None else None
    except LookupError:
        # A character set that nobody knows.
        return None


def _with_open_links(html: str) -> str:
    """Let links open in a tab of their own: in the page's frame nothing else is let in."""
    heads = list(_HEAD.finditer(html))
    place = next((m.end() for m in heads if m.group().lower().startswith("<head")), None)
    at = place if place is not None else (heads[-1].end() if heads else 0)
    return html[:at] + _LINKS + html[at:]
