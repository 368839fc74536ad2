"""Faults switched on from outside: how an upstream misbehaves, and how many times."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

Upstream = Literal["gemini", "line"]

_ALWAYS = frozenset({"ok", "hang", "html", "reset"})
_MODES: dict[Upstream, frozenset[str]] = {
    "gemini": _ALWAYS | {"blocked", "empty", "truncated"},
    # "lost": LINE does as asked, but the answer never arrives.
    "line": _ALWAYS | {"lost"},
}
_STATUS = re.compile(r"status:([45]\d\d)")


class FaultRefused(Exception):
    """Such a fault does not exist."""


@dataclass(slots=True)
class _Fault:
    mode: str
    left: int | None


def status_of(mode: str) -> int | None:
    """Return the HTTP status a mode asks for, if it is one of those."""
    found = _STATUS.fullmatch(mode)
    return int(found.group(1)) if found else None


class Switchboard:
    """Holds the fault of each upstream."""

    def __init__(self) -> None:
        """Begin with everything well."""
        self._faults: dict[str, _Fault] = {}

    def set(self, upstream: str, mode: str, count: int | None) -> None:
        """Let an upstream misbehave from now on, for ever or for so many requests."""
        if upstream not in get_args(Upstream):
            message = f"upstream must be one of {', '.join(get_args(Upstream))}"
            raise FaultRefused(message)
        modes = _MODES["gemini" if upstream == "gemini" else "line"]
        if mode not in modes and status_of(mode) is None:
            message = f"mode of {upstream} must be one of {', '.join(sorted(modes))} or status:NNN"
            raise FaultRefused(message)
        self._faults[upstream] = _Fault(mode, count)

    def take(self, upstream: Upstream) -> str:
        """Return how the upstream behaves for the request at hand, and count it."""
        fault = self._faults.get(upstream)
        if fault is None or fault.mode == "ok" or fault.left == 0:
            return "ok"
        if fault.left is not None:
            fault.left -= 1
        return fault.mode

    def clear(self) -> None:
        """Let everything be well again."""
        self._faults.clear()

    def shown(self) -> dict[str, dict[str, str | int | None]]:
        """Return the faults for a reader."""
        return {name: {"mode": f.mode, "left": f.left} for name, f in self._faults.items()}
