"""How one answer reaches its user exactly once: every choice, without doing any of it.

The reply token is free and tells by itself whether it was used; a push carries a retry key that
makes LINE say so. Between them an answer whose fate is unknown can be tried again safely, with
one exception: the token expired while the fate of our own reply was still unknown. Then we
push. A rare second copy is better than silence.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from contracts.notifier import Channel

KnownBy = Literal["response", "spent_token", "conflict"]

SPENT_OR_EXPIRED = "Invalid reply token"
MONTHLY_LIMIT = "monthly limit"
ABOUT_MESSAGES = "messages"
ROOM_FOR_DOUBT = timedelta(seconds=10)
"""So long before its end a token is not begun with: a call of 5 s and the return of a killed
notifier take about as long, and word of the work has the token by then anyway (decision 14)."""
LAST_TRY = timedelta(seconds=3)
"""So long past its good time a token still tells whether it was used: 50 s after its webhook, which
took up to 2 s to come, and with 5 s for the call, it has not expired when LINE sees it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What earlier attempts at an answer have taught.

    `in_doubt`: one may have reached the user. `token_refused`: the token is no good, and not
    because we used it; or a push was begun, and it is not to be used any more. `content_refused`:
    LINE does not take these messages.
    """

    in_doubt: bool = False
    token_refused: bool = False
    content_refused: bool = False


NOTHING_TRIED = Past()


@dataclass(frozen=True, slots=True)
class Accepted:
    """LINE has the messages; these are their ids."""

    message_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejected:
    """LINE said no: its status, its message, and the properties it complains about."""

    status: int
    message: str = ""
    properties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unheard:
    """No answer, or one nobody can read: the messages may be delivered or not."""


Heard = Accepted | Rejected | Unheard


@dataclass(frozen=True, slots=True)
class Delivered:
    """The user has the answer; `known_by` says how we know."""

    known_by: KnownBy
    message_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Again:
    """Try at once in another way, for now we know more."""

    past: Past


@dataclass(frozen=True, slots=True)
class Later:
    """Try the same again after a while."""

    past: Past


@dataclass(frozen=True, slots=True)
class Refused:
    """LINE will never take it; `status` is its HTTP status."""

    status: int


@dataclass(frozen=True, slots=True)
class Withheld:
    """Not shown, and no longer worth showing; `status` is LINE's last word, 0 for none in time."""

    status: int = 0


Verdict = Delivered | Again | Later | Refused


def choose(
    now: datetime, token_good_until: datetime, *, has_token: bool, past: Past, final: bool = True
) -> Channel:
    """Return how to send: the reply token while it is good, a push otherwise.

    An end is not entrusted to a token in its last seconds: should its fate stay unknown until the
    token has expired, only a second copy could end the doubt, and a push never leaves any. In
    doubt the token is asked for a little longer.
    """
    until = token_good_until - ROOM_FOR_DOUBT if final else token_good_until
    if past.in_doubt:
        until = token_good_until + LAST_TRY
    if has_token and now < until and not past.token_refused:
        return "reply"
    return "push"


def may_still_reply(past: Past, *, has_token: bool) -> bool:
    """Tell whether somebody in doubt might ask the token once more."""
    return has_token and not past.token_refused


def without_token(past: Past) -> Past:
    """Return what is to be on record before a push: in doubt about it, the token tells nothing.

    LINE would take the same answer by a token that no push has used.
    """
    return replace(past, token_refused=True)


def judge_interim(heard: Heard, past: Past) -> Delivered | Later | Withheld:
    """Return what LINE's answer to word that the answer takes longer means.

    It goes out by the reply token or not at all: a push would cost what the answer itself may
    need, and an apology for it would say nothing.
    """
    match judge("reply", heard, past):
        case Delivered() | Later() as verdict:
            return verdict
        case Again() | Refused():
            return Withheld(heard.status if isinstance(heard, Rejected) else 0)


def judge(channel: Channel, heard: Heard, past: Past) -> Verdict:
    """Return what LINE's answer to an attempt means, given what was known before it."""
    match heard:
        case Accepted(message_ids):
            return Delivered("response", message_ids)
        case Unheard() | Rejected(status=408):
            return Later(replace(past, in_doubt=True))
        case Rejected(status) if status >= 500:  # noqa: PLR2004 (server errors)
            return Later(replace(past, in_doubt=True))
        case Rejected(status=429, message=message) if MONTHLY_LIMIT not in message:
            return Later(past)
        case Rejected(status=409) if channel == "push":
            return Delivered("conflict")
        case Rejected(status=400, message=message) if (
            channel == "reply" and SPENT_OR_EXPIRED in message
        ):
            return _token_refused(past)
        case Rejected(status=400) if (
            _is_about_messages(channel, heard) and not past.content_refused
        ):
            return Again(replace(past, content_refused=True))
        case Rejected(status):
            return Refused(status)


def may_blame_quote(channel: Channel, heard: Heard) -> bool:
    """Tell whether LINE might take the same messages if they quoted nothing.

    It says in more than one way that it does not know a quote token.
    """
    if not isinstance(heard, Rejected) or heard.status != 400:  # noqa: PLR2004 (bad request)
        return False
    return _is_about_messages(channel, heard)


def _token_refused(past: Past) -> Verdict:
    """Tell a token that we used from one that was never good.

    A reply is only tried while the token is young, so it has not expired: if an attempt of
    ours may have got through, it did.
    """
    if past.in_doubt:
        return Delivered("spent_token")
    return Again(replace(past, token_refused=True))


def _is_about_messages(channel: Channel, rejected: Rejected) -> bool:
    """Tell whether LINE complains about the messages rather than about whom they go to."""
    if channel == "reply":
        # A reply names nobody: what is not about its token is about its messages.
        return SPENT_OR_EXPIRED not in rejected.message
    # "Failed to send messages" is about the recipient: only a path into the messages counts.
    named = (rejected.message, *rejected.properties)
    return ABOUT_MESSAGES in rejected.properties or any(
        ABOUT_MESSAGES + "[" in each for each in named
    )
