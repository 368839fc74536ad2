"""How long requests take, by route: the names of OpenTelemetry's HTTP conventions."""

from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import metrics

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
OTHER = "_OTHER"
"""The conventions' word for a method that somebody made up: labels take few values."""


class Measured:
    """An ASGI application whose requests are counted and timed under a route's name."""

    def __init__(self, route: str, app: ASGIApp) -> None:
        """Measure `app` as `route`."""
        self._route = route
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note how it ended."""
        started = perf_counter()
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            method = scope["method"] if scope["method"] in METHODS else OTHER
            seconds = metrics.HTTP_SECONDS.labels(method, self._route, str(status))
            seconds.observe(perf_counter() - started)
