"""`/admin/dead-letters`: what was given up, for an operator with a browser."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing

import asyncpg
from nats.aio.client import Client
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from chassis.clock import now
from chassis.dead_letters import Case, DeadLetters
from chassis.errors import Unavailable
from services.gateway.console.forms import FormRefused, Forms
from services.gateway.console.pages import (
    LETTERS,
    Waiting,
    letter_page,
    list_page,
    problem_page,
)
from services.gateway.guard import OPERATOR

MOST_SHOWN = 100
PAGE_SECONDS = 20.0
SEE_OTHER = 303
SAID: Mapping[str, str] = {
    "sent": "Sent again, to the consumer that had given it up.",
    "closed": "Removed and not sent, for its turn has ended.",
    "dropped": "Dropped.",
    "gone": "It was not there any more: somebody else has dealt with it.",
    "revived": "They are sent again within seconds.",
    "all": "All of these were dealt with: sent again, or removed where the turn has ended.",
}
"""What a deed came to; addresses carry the word on the left, and nothing of a letter."""
Answer = Callable[[Request, DeadLetters], Awaitable[Response]]


class LetterPages:
    """Answers requests for the console's pages on dead letters."""

    def __init__(self, nats: Client, pool: asyncpg.Pool, forms: Forms) -> None:
        """Read letters from the bus and their events from the log."""
        self._nats = nats
        self._pool = pool
        self._forms = forms

    def routes(self) -> list[Route]:
        """Return the routes, below `/admin`."""
        return [
            self._route("", self._list, "GET"),
            self._route("/retry", self._retry_all, "POST"),
            self._route("/revive", self._revive, "POST"),
            self._route("/{number:int}", self._show, "GET"),
            self._route("/{number:int}/open", self._open, "POST"),
            self._route("/{number:int}/retry", self._retry, "POST"),
            self._route("/{number:int}/drop", self._drop, "POST"),
        ]

    def _route(self, path: str, answer: Answer, method: str) -> Route:
        async def answered(request: Request) -> Response:
            letters = DeadLetters(self._nats, self._pool, by=request.scope[OPERATOR])
            try:
                async with asyncio.timeout(PAGE_SECONDS):
                    return await answer(request, letters)
            except FormRefused:
                return problem_page("Not done", "This page is too old: load it anew.", 403)
            except (Unavailable, TimeoutError):
                words = "The bus or the database does not answer. Try again in a moment."
                return problem_page("Not to be had now", words, 503)

        return Route(f"/dead-letters{path}", answered, methods=[method])

    async def _list(self, request: Request, letters: DeadLetters) -> Response:
        counts = await letters.waiting()
        consumer = request.query_params.get("consumer", "")
        if consumer not in counts:
            consumer = ""
        cases: list[Case] = []
        async with aclosing(letters.cases(consumer)) as found:
            async for case in found:
                cases.append(case)
                if len(cases) >= MOST_SHOWN:
                    break
        waiting = Waiting(cases, counts, await letters.lost(), consumer)
        said = SAID.get(request.query_params.get("said", ""), "")
        return list_page(waiting, self._forms, now(), said=said)

    async def _show(self, request: Request, letters: DeadLetters) -> Response:
        case = await letters.case(request.path_params["number"])
        return letter_page(case, self._forms, now()) if case else _not_there()

    async def _open(self, request: Request, letters: DeadLetters) -> Response:
        case = await self._asked(request, letters)
        if case is None:
            return _not_there()
        return letter_page(case, self._forms, now(), opened=await letters.opened(case))

    async def _retry(self, request: Request, letters: DeadLetters) -> Response:
        case = await self._asked(request, letters)
        if case is None:
            return _see("gone")
        return _see("sent" if await letters.retry(case) else "closed")

    async def _drop(self, request: Request, letters: DeadLetters) -> Response:
        case = await self._asked(request, letters)
        if case is None:
            return _see("gone")
        await letters.drop(case)
        return _see("dropped")

    async def _retry_all(self, request: Request, letters: DeadLetters) -> Response:
        fields = await self._forms.read(request, now())
        # The ones that were on the page, not those that have come since.
        numbers = [each for each in fields.get("numbers", "").split() if each.isdecimal()]
        for number in numbers[:MOST_SHOWN]:
            case = await letters.case(int(number))
            if case is not None and case.is_readable:
                await letters.retry(case)
        return _see("all")

    async def _revive(self, request: Request, letters: DeadLetters) -> Response:
        await self._forms.read(request, now())
        for lost in await letters.lost():
            await letters.revive(lost)
        return _see("revived")

    async def _asked(self, request: Request, letters: DeadLetters) -> Case | None:
        await self._forms.read(request, now())
        return await letters.case(request.path_params["number"])


def _see(word: str) -> Response:
    return RedirectResponse(f"{LETTERS}?said={word}", SEE_OTHER)


def _not_there() -> Response:
    return problem_page("Not there", "No dead letter of this number waits any more.", 404)
