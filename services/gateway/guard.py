"""Before everything an operator may do over HTTP: the password, our own pages, no traces left."""

from math import ceil
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import metrics
from chassis.errors import Unavailable
from chassis.telemetry import get_logger
from services.gateway.log_in import Attempts, given

CHALLENGE = {"WWW-Authenticate": 'Basic realm="MedEdBot", charset="UTF-8"'}
RETRY_AFTER_SECONDS = "5"
SAFE = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
READING = ("GET", "HEAD")
OURS = frozenset({"same-origin", "none"})
"""What a browser says of a request that no other site's page has made."""
OPERATOR = "operator"
log = get_logger()


class Guard:
    """An ASGI application that only an operator gets to; it finds their name in the scope."""

    def __init__(self, password: str, attempts: Attempts, app: ASGIApp) -> None:
        """Let those who have the password through to `app`."""
        self._password = password
        self._attempts = attempts
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SAFE)
            await send(message)

        request = Request(scope)
        refused = await self._refusal(request)
        await (refused or self._app)(scope, receive, safely)

    async def _refusal(self, request: Request) -> Response | None:
        """Return what is answered to whoever may not come in."""
        entered = given(request.headers.get("authorization"))
        if entered is None:
            return _refused("unauthorized", 401, CHALLENGE)
        is_right = entered.matches(self._password)
        address = request.client.host if request.client else ""
        try:
            wait = await self._attempts.attempted(address, is_right=is_right)
        except Unavailable as error:
            return _refused(str(error), 503, {"Retry-After": RETRY_AFTER_SECONDS})
        if wait is not None:
            _count("locked")
            return _refused("locked", 429, {"Retry-After": str(ceil(wait.total_seconds()))})
        if not is_right:
            _count("wrong")
            log.warning("log_in_refused", surface="console")
            return _refused("unauthorized", 401, CHALLENGE)
        _count("ok")
        request.scope[OPERATOR] = entered.name
        return None if _is_ours(request) else _refused("another site's page asks for it", 403, {})


def _is_ours(request: Request) -> bool:
    """Tell whether no page of another site has asked for a deed."""
    if request.method in READING:
        return True
    origin = request.headers.get("origin")
    return request.headers.get("sec-fetch-site", "none") in OURS and (
        # The host alone: whoever ends TLS before us has changed the scheme.
        origin is None or urlsplit(origin).netloc == request.headers.get("host")
    )


def _refused(why: str, status: int, headers: dict[str, str]) -> Response:
    return JSONResponse({"error": why}, status, headers)


def _count(outcome: str) -> None:
    metrics.AUTH_ATTEMPTS.labels(surface="console", outcome=outcome).inc()
