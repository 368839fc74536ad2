"""What an operator may do over HTTP: only with the password, and nothing where there is none."""

import hmac
from base64 import b64decode
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from chassis.errors import Unavailable
from services.gateway.retention import Retention

CHALLENGE = {"WWW-Authenticate": 'Basic realm="MedEdBot", charset="UTF-8"'}
NO_STORE = {"Cache-Control": "no-store"}
Do = Callable[[], Awaitable[Response]]


def admin_routes(password: str, retention: Retention) -> list[BaseRoute]:
    """Return the operator's routes."""

    async def cleanup() -> Response:
        try:
            cleaned = await retention.run()
        except Unavailable as error:
            return JSONResponse({"error": str(error)}, 503, NO_STORE)
        if cleaned is None:
            return JSONResponse({"error": "a cleanup is under way"}, 409, NO_STORE)
        return JSONResponse(asdict(cleaned), headers=NO_STORE)

    return [_guarded("/admin/cleanup", password, cleanup)]


def health_route(retention: Retention) -> BaseRoute:
    """Return `/health/objects`: what the last look at the store found."""

    async def objects(_: Request) -> Response:
        return JSONResponse(retention.facts, 200 if retention.facts["reachable"] else 503)

    return Route("/health/objects", objects)


def is_admin(authorization: str | None, password: str) -> bool:
    """Tell whether a header carries the password: HTTP Basic, whatever the name, or bearer."""
    scheme, _, given = (authorization or "").partition(" ")
    match scheme.lower():
        case "basic":
            return _same(_basic_password(given.strip()), password.encode())
        case "bearer":
            return _same(given.strip().encode("latin-1", "replace"), password.encode())
        case _:
            return False


def _guarded(path: str, password: str, do: Do) -> Route:
    async def answer(request: Request) -> Response:
        if not is_admin(request.headers.get("authorization"), password):
            return JSONResponse({"error": "unauthorized"}, 401, {**CHALLENGE, **NO_STORE})
        return await do()

    return Route(path, answer, methods=["POST"])


def _basic_password(given: str) -> bytes:
    try:
        return b64decode(given, validate=True).partition(b":")[2]
    except ValueError:
        return b""


def _same(given: bytes, password: bytes) -> bool:
    # Of one length, so that the comparison tells nothing of the password's.
    return hmac.compare_digest(sha256(given).digest(), sha256(password).digest())
