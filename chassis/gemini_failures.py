"""How Gemini can fail: errors of ours for what it answers instead of an answer. Pure."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar

from chassis.resilience import Transient
from chassis.shapes import Json, as_list, as_object, as_text
from contracts.education import FailureReason

PASSING_STATUSES = frozenset({408, 425, 429, 499})
"""4xx that may pass; all of 5xx may."""
OPERATORS_STATUSES = frozenset({401, 403, 404})
"""4xx about our key, its rights and the model's name: nothing that a user wrote."""
TOO_MANY_REQUESTS = 429
SERVER_ERRORS = 500
_DELAY = re.compile(r"(\d{1,6}(?:\.\d{1,9})?)s")


class ModelFailed(Exception):
    """The model gave no answer of use; `reason` is for events, `outcome` for metrics."""

    reason: ClassVar[FailureReason] = "malformed"
    outcome: ClassVar[str] = "malformed"


class Blocked(ModelFailed):
    """The model withheld its answer by its safety rules."""

    reason = "blocked"
    outcome = "blocked"


class Empty(ModelFailed):
    """The model said nothing."""

    reason = "empty"
    outcome = "empty"


class Truncated(ModelFailed):
    """The answer broke off at the limit of tokens."""

    outcome = "truncated"


class Malformed(ModelFailed):
    """The answer is not in the form asked for."""


class Rejected(ModelFailed):
    """Gemini refused our request for good."""

    reason = "rejected"
    outcome = "rejected"


class Misconfigured(Rejected):
    """Key, rights or model name are wrong: no other words of the user would help."""

    reason = "unavailable"


class Overloaded(Transient):
    """Gemini is over a limit or down for now."""

    outcome = "overloaded"


class RateLimited(Transient):
    """We are over a quota of Gemini."""

    outcome = "rate_limited"


class Garbled(Transient):
    """What came is no answer of Gemini: not JSON, a page of a proxy."""

    outcome = "garbled"


class Disconnected(Transient):
    """The connection could not be made or broke."""

    outcome = "connection"


def read_error(code: int, details: object) -> Exception:
    """Return the error for an HTTP status that is not 200 and Google's description of it."""
    if code in OPERATORS_STATUSES:
        return Misconfigured(str(code))
    if code not in PASSING_STATUSES and code < SERVER_ERRORS:
        return Rejected(str(code))
    if code != TOO_MANY_REQUESTS:
        return Overloaded(str(code), retry_after=_retry_after(details))
    return RateLimited(
        "429", retry_after=_retry_after(details), hopeless=_is_used_up_for_today(details)
    )


def _retry_after(details: object) -> timedelta | None:
    for detail in _error_details(details):
        if as_text(detail.get("@type")).endswith("google.rpc.RetryInfo"):
            found = _DELAY.fullmatch(as_text(detail.get("retryDelay")))
            return timedelta(seconds=float(found.group(1))) if found else None
    return None


def _is_used_up_for_today(details: object) -> bool:
    violations = (
        as_object(violation)
        for detail in _error_details(details)
        for violation in as_list(detail.get("violations"))
    )
    names = (as_text(v.get("quotaId")) + as_text(v.get("quotaMetric")) for v in violations)
    return any("perday" in name.lower().replace("_", "") for name in names)


def _error_details(details: object) -> Iterator[Json]:
    described = as_object(details)
    error = as_object(described.get("error")) or described
    return (as_object(detail) for detail in as_list(error.get("details")))
