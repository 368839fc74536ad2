"""LINE's answers, in LINE's shapes."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

import orjson
from starlette.responses import Response

from sandbox.identifiers import new_request_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from sandbox.rules.fault import Fault
    from sandbox.shapes import JsonObject

_REASONS = {
    401: (
        "Authentication failed. Confirm that the access token in the authorization header is valid."
    ),
    404: "Not found",
    429: "The API rate limit has been exceeded. Try again later.",
    500: "Internal Server Error",
}


def answer(body: JsonObject, request_id: str, status: int = 200) -> Response:
    """Return a JSON answer that carries LINE's request id."""
    return Response(
        orjson.dumps(body),
        status,
        {"x-line-request-id": request_id},
        "application/json",
    )


def unauthorised(request: Request, access_token: str) -> Response | None:
    """Return LINE's refusal of a request without the right access token, else nothing."""
    given = request.headers.get("authorization", "")
    if hmac.compare_digest(given.encode(), f"Bearer {access_token}".encode()):
        return None
    return error(401, new_request_id())


def error(status: int, request_id: str, message: str | None = None) -> Response:
    """Return LINE's error answer for a status."""
    text = message or _REASONS.get(status, "The service is temporarily unavailable.")
    return answer({"message": text}, request_id, status)


def refusal(faults: Sequence[Fault], request_id: str) -> Response:
    """Return LINE's answer to a request body that breaks its rules."""
    details = [{"message": fault.message, "property": fault.property} for fault in faults]
    message = f"The request body has {len(faults)} error(s)"
    return answer({"message": message, "details": details}, request_id, 400)


def sent(messages: Sequence[JsonObject], request_id: str) -> Response:
    """Return LINE's answer to messages it has taken."""
    return answer({"sentMessages": list(messages)}, request_id)


def already_accepted(
    messages: Sequence[JsonObject], request_id: str, accepted_request_id: str
) -> Response:
    """Return LINE's answer to a retry key it knows."""
    body: JsonObject = {"message": "The retry key is already accepted"}
    response = answer({**body, "sentMessages": list(messages)}, request_id, 409)
    response.headers["x-line-accepted-request-id"] = accepted_request_id
    return response
