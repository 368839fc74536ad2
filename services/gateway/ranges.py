"""Which part of an object a player asks for (RFC 9110, 14): one range, or all of it."""

import re
from dataclasses import dataclass

# 18 digits are far beyond any object and quick to read.
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.IGNORECASE)


class RangeRefused(Exception):
    """The part that was asked for lies outside of the object."""


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes from `first` to `last`, both included."""

    first: int
    last: int


def wanted(header: str | None, size: int) -> Part | None:
    """Return the part to send of `size` bytes; None: all of them.

    Several ranges, other units and what is no range at all are ignored, as RFC 9110 allows.
    Raises RangeRefused when nothing of the object lies in the range.
    """
    found = _RANGE.fullmatch((header or "").strip())
    if found is None or found[0].endswith("=-"):
        return None
    first, last = found[1], found[2]
    if not first:
        return _last_bytes(int(last), size)
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise RangeRefused
    return Part(int(first), min(int(last), size - 1) if last else size - 1)


def _last_bytes(count: int, size: int) -> Part:
    if count == 0 or size == 0:
        raise RangeRefused
    return Part(max(size - count, 0), size - 1)
