"""Forms of ours only: each carries a signed word that names its deed and ends after a day."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import parse_qs
from xml.etree.ElementTree import Element

from starlette.requests import Request

from services.gateway.console.html import tag

GOOD_FOR = timedelta(hours=12)
MOST_BYTES = 4_096
TIME_DIGITS = 12
TOKEN = "token"  # noqa: S105 (the name of a field)


class FormRefused(Exception):
    """A form that is none of ours, was changed, or is older than half a day."""


@dataclass(frozen=True, slots=True)
class Forms:
    """Makes and reads the console's forms."""

    secret: bytes

    def form(self, action: str, button: Element, now: datetime, **fields: str) -> Element:
        """Return a form of one button that asks for the deed at the path `action`."""
        fields = fields | {TOKEN: self._token(action, int((now + GOOD_FOR).timestamp()))}
        hidden = (
            tag("input", type="hidden", name=name, value=value) for name, value in fields.items()
        )
        return tag("form", *hidden, button, method="post", action=action)

    async def read(self, request: Request, now: datetime) -> dict[str, str]:
        """Return the fields of a form that was sent.

        Raises FormRefused unless it is one of ours for this very path.
        """
        fields = await _fields(request)
        ends, _, _ = fields.get(TOKEN, "").partition(".")
        until = int(ends) if ends.isdecimal() and ends.isascii() and len(ends) < TIME_DIGITS else 0
        expected = self._token(request.url.path, until)
        is_ours = hmac.compare_digest(fields.get(TOKEN, "").encode(), expected.encode())
        if not is_ours or now.timestamp() > until:
            raise FormRefused
        return fields

    def _token(self, action: str, until: int) -> str:
        key = hmac.digest(self.secret, b"the console's forms", sha256)
        return f"{until}.{hmac.digest(key, f'{until} {action}'.encode(), sha256).hex()}"


async def _fields(request: Request) -> dict[str, str]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise FormRefused
    return {name: values[-1] for name, values in parse_qs(body.decode(errors="replace")).items()}
