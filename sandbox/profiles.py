"""Who the bot and its users are, as LINE tells a bot server; a user's language can be set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox import line_answers
from sandbox.identifiers import BOT_USER_ID, new_request_id, user_id_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sandbox.ledger import Ledger

_BOT = {
    "userId": BOT_USER_ID,
    "basicId": "@mededbot-sandbox",
    "displayName": "MedEdBot",
    "chatMode": "chat",
    "markAsReadMode": "manual",
}
USUAL_LANGUAGE = "zh-Hant"


class Speaking(BaseModel):
    """The language of a user's phone; none for one who does not tell."""

    model_config = ConfigDict(extra="forbid")

    language: str = Field(max_length=35, pattern=r"^[A-Za-z0-9-]*$")


@dataclass(frozen=True, slots=True)
class Profiles:
    """LINE's profiles."""

    token: str
    ledger: Ledger

    def routes(self) -> list[Route]:
        """Return LINE's paths, and one to set a user's language."""
        return [
            Route("/v2/bot/info", self._info, methods=["GET"]),
            Route("/v2/bot/profile/{user_id}", self._profile, methods=["GET"]),
            Route("/sandbox/profiles/{user}", self._speak, methods=["PUT"]),
        ]

    def language(self, user_id: str) -> str:
        """Return the language of a user's phone."""
        return self.ledger.world.languages.get(user_id, USUAL_LANGUAGE)

    async def _info(self, request: Request) -> Response:
        refused = line_answers.unauthorised(request, self.token)
        return refused or line_answers.answer(_BOT, new_request_id())

    async def _profile(self, request: Request) -> Response:
        refused = line_answers.unauthorised(request, self.token)
        if refused is not None:
            return refused
        user_id = str(request.path_params["user_id"])
        name, language = self.ledger.world.names.get(user_id), self.language(user_id)
        if name is None:
            return line_answers.error(404, new_request_id())
        profile = {"userId": user_id, "displayName": name}
        told = {"language": language} if language else {}
        return line_answers.answer(profile | told, new_request_id())

    async def _speak(self, request: Request) -> Response:
        try:
            wish = Speaking.model_validate_json(await request.body())
        except ValidationError:
            return JSONResponse({"error": "language must be a tag like zh-Hant, vi or en"}, 400)
        user_id = user_id_of(str(request.path_params["user"]))
        record = {"kind": "profile", "user_id": user_id, "language": wish.language}
        await self.ledger.record(record)
        return JSONResponse({"language": wish.language})
