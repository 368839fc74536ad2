"""What an operator may do over HTTP: only with the password, and nothing where there is none."""

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router

from chassis.app import Service
from chassis.errors import Unavailable
from services.gateway.console.forms import Forms
from services.gateway.console.letters import LetterPages
from services.gateway.guard import Guard
from services.gateway.log_in import Attempts
from services.gateway.measured import Measured
from services.gateway.retention import Retention


def admin_routes(
    password: str, app: Service, retention: Retention, *, secret: bytes
) -> list[BaseRoute]:
    """Return the operator's routes: whatever lies below `/admin`, there or not, is behind a guard.

    `secret` signs what the console's forms say.
    """
    letters = LetterPages(app.nats, app.pool, Forms(secret))
    own = Router([_cleanup_route(retention), *letters.routes()])
    guarded = Guard(password, Attempts(app.pool), own)
    return [Mount("/admin", Measured("/admin", guarded))]


def health_route(retention: Retention) -> BaseRoute:
    """Return `/health/objects`: what the last look at the store found."""

    async def objects(_: Request) -> Response:
        return JSONResponse(retention.facts, 200 if retention.facts["reachable"] else 503)

    return Route("/health/objects", objects)


def _cleanup_route(retention: Retention) -> Route:
    async def cleanup(_: Request) -> Response:
        try:
            cleaned = await retention.run()
        except Unavailable as error:
            return JSONResponse({"error": str(error)}, 503)
        if cleaned is None:
            return JSONResponse({"error": "a cleanup is under way"}, 409)
        return JSONResponse(asdict(cleaned))

    return Route("/cleanup", cleanup, methods=["POST"])
