"""Faults switched on from outside: how an upstream misbehaves, and how many times."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

# "gemini" is every call of the model; "stt" and "tts" are those with sound. "content" is what
# users sent, as the bot fetches it.
Upstream = Literal["gemini", "stt", "tts", "line", "content", "taigi", "smtp"]

_ALWAYS = frozenset({"ok", "hang", "html", "reset"})
# "rate": 429 that passes; "quota": 429 until tomorrow.
_MODEL = _ALWAYS | {"blocked", "empty", "truncated", "rate", "quota"}
# "lost": it is done as asked, but the answer never arrives. "garbage": bytes that are no sound.
_MODES: dict[str, frozenset[str]] = {
    "gemini": _MODEL,
    "stt": _MODEL,
    "tts": _MODEL | {"garbage"},
    "line": _ALWAYS | {"lost"},
    "content": _ALWAYS | {"garbage", "empty"},
    "taigi": _ALWAYS | {"garbage", "empty"},
    "smtp": frozenset({"ok", "hang", "reset", "lost"}),
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
        modes = _MODES[upstream]
        if mode not in modes and status_of(mode) is None:
            message = f"mode of {upstream} must be one of {', '.join(sorted(modes))} or status:NNN"
            raise FaultRefused(message)
        self._faults[upstream] = _Fault(mode, count)

    def take(self, upstream: Upstream) -> str:
        """Return how the upstream behaves for the request at hand, and count it."""
        mode, fault = self.peek(upstream), self._faults.get(upstream)
        if fault is not None and fault.left:
            fault.left -= 1
        return mode

    def peek(self, upstream: Upstream) -> str:
        """Return what `take` would, without counting it."""
        fault = self._faults.get(upstream)
        return "ok" if fault is None or fault.left == 0 else fault.mode

    def clear(self) -> None:
        """Let everything be well again."""
        self._faults.clear()

    def shown(self) -> dict[str, dict[str, str | int | None]]:
        """Return the faults for a reader."""
        return {name: {"mode": f.mode, "left": f.left} for name, f in self._faults.items()}
