"""Where users fetch what an answer links to."""

from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from contracts.answer import Answer
from services.notifier.render.media import NOWHERE, Addresses

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Signer(Protocol):
    """Makes the names of links, as chassis.links.Links does."""

    def sign(self, object_key: str, *, now: datetime) -> str:
        """Return the name of a link to an object, good for a while."""
        ...


class PublicAddress:
    """The gateway as users reach it, if they do."""

    def __init__(self, base_url: str | None, links: Signer) -> None:
        """Offer links below `base_url`; none without one that LINE takes."""
        self._base_url = (base_url or "").rstrip("/") if is_public(base_url) else ""
        self._links = links

    def of(self, answer: Answer, now: datetime) -> Addresses:
        """Return where the objects of an answer can be fetched from now on."""
        if not self._base_url:
            return NOWHERE
        audio = answer.audio.object_key if answer.audio else ""
        return Addresses(
            audio=self._address("audio", audio, now),
            download=self._address("export", answer.download, now),
        )

    def _address(self, folder: str, object_key: str, now: datetime) -> str:
        name = self._links.sign(object_key, now=now) if object_key else ""
        return f"{self._base_url}/{folder}/{name}" if name else ""


def is_public(base_url: str | None) -> bool:
    """Tell whether LINE would play from there: https, or this very machine for the sandbox's."""
    parts = urlsplit(base_url or "")
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
