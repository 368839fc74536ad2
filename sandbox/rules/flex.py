"""LINE's rules for flex containers: bubbles, carousels and what stands in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import orjson

from sandbox.rules.action import action_faults
from sandbox.rules.fault import EMPTY, Fault, choice_faults, uri_faults
from sandbox.shapes import as_list, as_object, as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sandbox.shapes import JsonObject

_BUBBLE_BYTES = 30 * 1024
_CAROUSEL_BYTES = 50 * 1024
_CAROUSEL_BUBBLES = 12
_ACTION_LABEL = 40
_BLOCKS = ("header", "hero", "body", "footer")
_BUBBLE_SIZES = ["nano", "micro", "deca", "hecto", "kilo", "mega", "giga"]
_HTTPS = frozenset({"https"})

_COLOR = re.compile(r"#[0-9a-fA-F]{6}([0-9a-fA-F]{2})?")
_LENGTH = r"\d+(\.\d+)?px"
_SPACE = re.compile(rf"none|xs|sm|md|lg|xl|xxl|{_LENGTH}")
_PADDING = re.compile(rf"none|xs|sm|md|lg|xl|xxl|{_LENGTH}|\d+(\.\d+)?%")
_TEXT_SIZE = re.compile(rf"xxs|xs|sm|md|lg|xl|xxl|3xl|4xl|5xl|{_LENGTH}")
_PATTERNS: dict[str, re.Pattern[str]] = {
    "color": _COLOR,
    "backgroundColor": _COLOR,
    "borderColor": _COLOR,
    "margin": _SPACE,
    "spacing": _SPACE,
    "paddingAll": _PADDING,
    "paddingTop": _PADDING,
    "paddingBottom": _PADDING,
    "paddingStart": _PADDING,
    "paddingEnd": _PADDING,
    "weight": re.compile("regular|bold"),
    "align": re.compile("start|end|center"),
    "gravity": re.compile("top|bottom|center"),
    "decoration": re.compile("none|underline|line-through"),
    "style": re.compile("normal|italic|primary|secondary|link"),
}


def flex_faults(value: object, where: str = "") -> Iterator[Fault]:
    """Say what is wrong with a flex message's contents."""
    container = as_object(value)
    match container.get("type"):
        case "bubble":
            yield from _bubble(container, where)
        case "carousel":
            yield from _carousel(container, where)
        case _:
            yield from choice_faults(container.get("type"), f"{where}/type", ["bubble", "carousel"])


def _carousel(carousel: JsonObject, where: str) -> Iterator[Fault]:
    bubbles = as_list(carousel.get("contents"))
    if not 1 <= len(bubbles) <= _CAROUSEL_BUBBLES:
        yield Fault(f"must be between 1 and {_CAROUSEL_BUBBLES} items", f"{where}/contents")
    if len(orjson.dumps(carousel)) > _CAROUSEL_BYTES:
        yield Fault("the size of the carousel must be 50KB or less", f"{where}/")
    for index, bubble in enumerate(bubbles):
        yield from _bubble(as_object(bubble), f"{where}/contents/{index}")


def _bubble(bubble: JsonObject, where: str) -> Iterator[Fault]:
    yield from choice_faults(bubble.get("type"), f"{where}/type", ["bubble"])
    if "size" in bubble:
        yield from choice_faults(bubble["size"], f"{where}/size", _BUBBLE_SIZES)
    if len(orjson.dumps(bubble)) > _BUBBLE_BYTES:
        yield Fault("the size of the bubble must be 30KB or less", f"{where}/")
    blocks = [name for name in _BLOCKS if name in bubble]
    if not blocks:
        yield Fault("at least one block must be specified", f"{where}/")
    for name in blocks:
        kinds = ["box", "image", "video"] if name == "hero" else ["box"]
        yield from _component(as_object(bubble[name]), f"{where}/{name}", kinds)


def _component(component: JsonObject, where: str, kinds: Sequence[str]) -> Iterator[Fault]:
    kind = as_text(component.get("type"))
    yield from choice_faults(kind, f"{where}/type", kinds)
    for name, pattern in _PATTERNS.items():
        if name in component and not pattern.fullmatch(as_text(component[name])):
            yield Fault("invalid property", f"{where}/{name}")
    if kind in _CHECKS:
        yield from _CHECKS[kind](component, where)


def _box(box: JsonObject, where: str) -> Iterator[Fault]:
    layouts = ["horizontal", "vertical", "baseline"]
    yield from choice_faults(box.get("layout"), f"{where}/layout", layouts)
    if not isinstance(box.get("contents"), list):
        yield Fault(EMPTY, f"{where}/contents")
    if "action" in box:
        yield from _action(box, where)
    kinds = _IN_BASELINE if box.get("layout") == "baseline" else _IN_BOX
    for index, child in enumerate(as_list(box.get("contents"))):
        yield from _component(as_object(child), f"{where}/contents/{index}", kinds)


def _text(text: JsonObject, where: str) -> Iterator[Fault]:
    spans = as_list(text.get("contents"))
    if not spans and not as_text(text.get("text")):
        yield Fault("must be non-empty text", f"{where}/text")
    if "size" in text and not _TEXT_SIZE.fullmatch(as_text(text["size"])):
        yield Fault("invalid property", f"{where}/size")
    if "wrap" in text and not isinstance(text["wrap"], bool):
        yield Fault("invalid property", f"{where}/wrap")
    if "action" in text:
        yield from _action(text, where)
    for index, span in enumerate(spans):
        yield from _component(as_object(span), f"{where}/contents/{index}", ["span"])


def _button(button: JsonObject, where: str) -> Iterator[Fault]:
    yield from _action(button, where)
    if "height" in button:
        yield from choice_faults(button["height"], f"{where}/height", ["sm", "md"])


def _image(image: JsonObject, where: str) -> Iterator[Fault]:
    yield from uri_faults(image.get("url"), f"{where}/url", _HTTPS, 2000)
    if "action" in image:
        yield from _action(image, where)


def _span(span: JsonObject, where: str) -> Iterator[Fault]:
    if not as_text(span.get("text")):
        yield Fault("must be non-empty text", f"{where}/text")


def _action(component: JsonObject, where: str) -> Iterator[Fault]:
    # Only a button must have a label; other components may leave it out.
    action = as_object(component.get("action"))
    if action and component.get("type") != "button":
        action = {"label": "-", **action}
    yield from action_faults(action, f"{where}/action", _ACTION_LABEL)


_IN_BASELINE = ("icon", "text", "filler", "spacer")
_IN_BOX = ("box", "button", "image", "video", "text", "separator", "filler", "spacer", "icon")
_CHECKS: dict[str, Callable[[JsonObject, str], Iterator[Fault]]] = {
    "box": _box,
    "text": _text,
    "button": _button,
    "image": _image,
    "icon": _image,
    "span": _span,
}
