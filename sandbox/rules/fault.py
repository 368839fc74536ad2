"""One thing LINE would refuse, and the small checks every rule is made of."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from uniseg.graphemecluster import grapheme_clusters

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

EMPTY = "May not be empty"


@dataclass(frozen=True, slots=True)
class Fault:
    """A detail of LINE's error answer: what is wrong, and where."""

    message: str
    property: str


def utf16_units(text: str) -> int:
    """Return the length LINE counts for message texts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def graphemes(text: str) -> int:
    """Return the length LINE counts for labels."""
    return sum(1 for _ in grapheme_clusters(text))


def text_faults(value: object, where: str, longest: int) -> Iterator[Fault]:
    """Say what is wrong with a required text of at most so many UTF-16 units."""
    if not isinstance(value, str) or not value:
        yield Fault(EMPTY, where)
    elif utf16_units(value) > longest:
        yield Fault(f"Length must be between 0 and {longest}", where)


def label_faults(value: object, where: str, longest: int) -> Iterator[Fault]:
    """Say what is wrong with a required label of at most so many graphemes."""
    if not isinstance(value, str) or not value:
        yield Fault(EMPTY, where)
    elif graphemes(value) > longest:
        yield Fault(f"must not be longer than {longest} characters", where)


def uri_faults(
    value: object, where: str, schemes: frozenset[str], longest: int = 1000
) -> Iterator[Fault]:
    """Say what is wrong with a required address."""
    if not isinstance(value, str) or not value:
        yield Fault(EMPTY, where)
    elif len(value) > longest:
        yield Fault(f"Length must be between 0 and {longest}", where)
    elif _scheme(value) not in schemes:
        yield Fault("invalid uri scheme", where)
    elif any(character <= " " for character in value):
        yield Fault("invalid uri", where)


def _scheme(value: str) -> str:
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    needs_host = parts.scheme in {"http", "https"}
    return parts.scheme if parts.hostname or not needs_host else ""


def media_faults(
    value: object, where: str, extensions: frozenset[str], longest: int = 2000
) -> Iterator[Fault]:
    """Say what is wrong with an address that phones fetch a medium from.

    Plain http is for this machine alone, where the sandbox plays LINE. An address need not
    name a format, but none that LINE does not play.
    """
    schemes = frozenset({"https", "http"}) if _is_on_this_machine(value) else frozenset({"https"})
    yield from uri_faults(value, where, schemes, longest)
    path = urlsplit(value).path if isinstance(value, str) and _scheme(value) else ""
    _, dot, extension = path.rpartition("/")[2].rpartition(".")
    if dot and extension.lower() not in extensions:
        yield Fault(f"Must be one of the following formats: {sorted(extensions)}", where)


def _is_on_this_machine(value: object) -> bool:
    try:
        host = urlsplit(value).hostname if isinstance(value, str) else None
        return host == "localhost" or bool(host and ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False


def choice_faults(value: object, where: str, choices: Sequence[str]) -> Iterator[Fault]:
    """Say that a value is none of the allowed ones."""
    if value not in choices:
        yield Fault(f"Must be one of the following values: [{', '.join(choices)}]", where)
