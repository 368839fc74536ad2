"""What LINE knows: reply tokens, retry keys, and everything it was asked to show."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from time import monotonic, time
from typing import Any, Literal
from uuid import uuid4

TOKEN_SECONDS = 60.0

Kind = Literal["reply", "push", "loading"]
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """Something a user got to see; an answer is all messages of one send."""

    kind: Kind
    user: str
    proof: str
    messages: tuple[Json, ...] = ()
    at: float = 0.0
    ids: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All words of the answer."""
        return "\n".join(str(each.get("text") or each.get("altText")) for each in self.messages)

    @property
    def readable(self) -> str:
        """All that can be read without a quick reply: what a computer shows."""
        return str([{**each, "quickReply": None} for each in self.messages])

    @property
    def choices(self) -> list[str]:
        """What its quick replies say when tapped."""
        return [str(each.get("text") or each.get("displayText")) for each in self._actions()]

    @property
    def postbacks(self) -> dict[str, str]:
        """The data that a tap sends, by what the quick reply says."""
        found = (each for each in self._actions() if each["type"] == "postback")
        return {str(each["displayText"]): str(each["data"]) for each in found}

    @property
    def audio(self) -> Json | None:
        """Its audio message."""
        return next((each for each in self.messages if each["type"] == "audio"), None)

    def _actions(self) -> list[Json]:
        items = self.messages[-1].get("quickReply", {}).get("items", []) if self.messages else []
        return [item["action"] for item in items]


@dataclass(slots=True)
class Token:
    """A reply token: whose it is, until when it is good, whether it was used."""

    user: str
    good_until: float
    used: bool = False


@dataclass(slots=True)
class Ledger:
    """All that LINE was asked; `refused` is what it would not take, `spent` used tokens.

    `proven` is what was shown by a reply token or a retry key; `quotable` and `readable` are the
    tokens that came with messages, `read` those marked as read.
    """

    shown: list[Shown] = field(default_factory=list[Shown])
    proven: dict[str, list[Shown]] = field(default_factory=dict[str, list[Shown]])
    refused: list[str] = field(default_factory=list[str])
    spent: list[str] = field(default_factory=list[str])
    tokens: dict[str, Token] = field(default_factory=dict[str, Token])
    accepted: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    quotable: set[str] = field(default_factory=set[str])
    readable: set[str] = field(default_factory=set[str])
    read: list[str] = field(default_factory=list[str])

    def issue(self, token: str, user: str) -> None:
        """Make a reply token good for a minute from now, unless it was used before."""
        known = self.tokens.setdefault(token, Token(user, 0.0))
        known.good_until = monotonic() + TOKEN_SECONDS

    def misquoted(self, messages: list[Json]) -> list[str]:
        """Return the quote tokens that LINE never gave out."""
        return [
            each["quoteToken"]
            for each in messages
            if each.get("quoteToken") and each["quoteToken"] not in self.quotable
        ]

    def redeem(self, token: str) -> Token | None:
        """Return the token if it may be used now."""
        known = self.tokens.get(token)
        if known is None or known.used or monotonic() > known.good_until:
            self.spent.append(token)
            return None
        return known

    def show(self, shown: Shown) -> list[str]:
        """Show a user something and return the ids of the messages."""
        ids = [uuid4().hex for _ in shown.messages]
        seen = replace(shown, at=time(), ids=tuple(ids))
        self.shown.append(seen)
        self.proven.setdefault(seen.proof, []).append(seen)
        return ids

    def knows(self, user: str) -> bool:
        """Tell whether LINE would deliver to this user."""
        return any(token.user == user for token in self.tokens.values())

    def answers(self, user: str) -> list[Shown]:
        """Return the answers a user saw, in order."""
        return [each for each in self.shown if each.user == user and each.kind != "loading"]

    def last_sign(self, user: str) -> Shown:
        """Return what the user saw last, the loading animation included."""
        return [each for each in self.shown if each.user == user][-1]

    def about(self, tag: str) -> list[Shown]:
        """Return all answers that hold a tag, whoever saw them."""
        return [each for each in self._answers() if tag in each.text]

    def to_message(self, token: str) -> list[Shown]:
        """Return the answers sent by a message's reply token."""
        return [each for each in self.proven.get(token, []) if each.kind != "loading"]

    def _answers(self) -> Iterator[Shown]:
        return (each for each in self.shown if each.kind != "loading")
