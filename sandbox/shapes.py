"""JSON as it comes from outside: names for its shapes and safe narrowing."""

from __future__ import annotations

import re
from typing import Any, cast

JsonObject = dict[str, Any]

_CAPITAL = re.compile(r"[A-Z]")


def as_object(value: object) -> JsonObject:
    """Return the value when it is a JSON object, else an empty one."""
    return cast("JsonObject", value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    """Return the value when it is a JSON array, else an empty one."""
    return cast("list[object]", value) if isinstance(value, list) else []


def as_text(value: object) -> str:
    """Return the value when it is a string, else the empty string."""
    return value if isinstance(value, str) else ""


def either(body: JsonObject, name: str) -> object:
    """Return the field of a camelCase name or of its snake_case twin: Google takes both."""
    snake = _CAPITAL.sub(lambda found: f"_{found[0].lower()}", name)
    return body[name] if name in body else body.get(snake)


def merged(base: JsonObject, override: JsonObject) -> JsonObject:
    """Return base with override laid over it, deeply; a null removes the key."""
    result = dict(base)
    for key, value in override.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(as_object(result[key]), as_object(value))
        else:
            result[key] = value
    return result
