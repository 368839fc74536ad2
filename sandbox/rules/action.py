"""LINE's rules for actions: what a tap on a button or a quick reply does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.rules.fault import (
    EMPTY,
    Fault,
    choice_faults,
    label_faults,
    text_faults,
    uri_faults,
)
from sandbox.shapes import as_object, as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.shapes import JsonObject

_LINK_SCHEMES = frozenset({"http", "https", "line", "tel", "mailto"})
_QUICK_REPLY_LABEL = 20
_QUICK_REPLIES = 13
_ANYWHERE = ["message", "postback", "uri", "datetimepicker", "clipboard", "richmenuswitch"]
_INPUTS = ["closeRichMenu", "openRichMenu", "openKeyboard", "openVoice"]
_QUICK_REPLY_ONLY = ["camera", "cameraRoll", "location"]


def action_faults(value: object, where: str, label: int, *, quick: bool = False) -> Iterator[Fault]:
    """Say what is wrong with an action whose label may have so many graphemes."""
    action = as_object(value)
    if not action:
        yield Fault(EMPTY, where)
        return
    kinds = _ANYWHERE + (_QUICK_REPLY_ONLY if quick else [])
    yield from choice_faults(action.get("type"), f"{where}/type", kinds)
    yield from label_faults(action.get("label"), f"{where}/label", label)
    check = _CHECKS.get(as_text(action.get("type")))
    if check is not None:
        yield from check(action, where)


def quick_reply_faults(value: object, where: str) -> Iterator[Fault]:
    """Say what is wrong with the quick replies of a message."""
    items = as_object(value).get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= _QUICK_REPLIES:
        yield Fault(f"Size must be between 1 and {_QUICK_REPLIES}", f"{where}/items")
        return
    for index, item in enumerate(items):
        yield from _item_faults(as_object(item), f"{where}/items/{index}")


def _item_faults(item: JsonObject, where: str) -> Iterator[Fault]:
    yield from choice_faults(item.get("type"), f"{where}/type", ["action"])
    yield from action_faults(item.get("action"), f"{where}/action", _QUICK_REPLY_LABEL, quick=True)
    if "imageUrl" in item:
        yield from uri_faults(item["imageUrl"], f"{where}/imageUrl", frozenset({"https"}), 2000)


def _message(action: JsonObject, where: str) -> Iterator[Fault]:
    yield from text_faults(action.get("text"), f"{where}/text", 300)


def _postback(action: JsonObject, where: str) -> Iterator[Fault]:
    yield from text_faults(action.get("data"), f"{where}/data", 300)
    for optional in ("displayText", "text", "fillInText"):
        if optional in action:
            yield from text_faults(action[optional], f"{where}/{optional}", 300)
    if "displayText" in action and "text" in action:
        yield Fault("displayText and text can't be set at the same time", where)
    if "inputOption" in action:
        yield from choice_faults(action["inputOption"], f"{where}/inputOption", _INPUTS)


def _uri(action: JsonObject, where: str) -> Iterator[Fault]:
    yield from uri_faults(action.get("uri"), f"{where}/uri", _LINK_SCHEMES)


def _date(action: JsonObject, where: str) -> Iterator[Fault]:
    yield from text_faults(action.get("data"), f"{where}/data", 300)
    yield from choice_faults(action.get("mode"), f"{where}/mode", ["date", "time", "datetime"])


def _clipboard(action: JsonObject, where: str) -> Iterator[Fault]:
    yield from text_faults(action.get("clipboardText"), f"{where}/clipboardText", 1000)


_CHECKS: dict[str, Callable[[JsonObject, str], Iterator[Fault]]] = {
    "message": _message,
    "postback": _postback,
    "uri": _uri,
    "datetimepicker": _date,
    "clipboard": _clipboard,
}
