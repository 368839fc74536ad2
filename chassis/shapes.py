"""JSON from outside: narrowing it to the shape one hopes for, without ever raising."""

from collections.abc import Mapping
from typing import Any, cast

Json = Mapping[str, Any]
NOTHING: Json = {}


def as_object(value: object) -> Json:
    """Return a JSON object as it is, an empty one for anything else."""
    return cast("Json", value) if isinstance(value, dict) else NOTHING


def as_list(value: object) -> list[object]:
    """Return a JSON array as it is, an empty one for anything else."""
    return cast("list[object]", value) if isinstance(value, list) else []


def as_text(value: object) -> str:
    """Return a string as it is, an empty one for anything else."""
    return value if isinstance(value, str) else ""


def as_count(value: object) -> int:
    """Return a whole number that is not negative as it is, 0 for anything else."""
    return value if isinstance(value, int) and value > 0 else 0
