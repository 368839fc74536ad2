"""LINE's limits for messages, as its reference states them: what every test checks against.

Nothing of the renderer is used here: a check that shares code with what it checks finds nothing.
"""

import json
import re
import unicodedata
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from uniseg.graphemecluster import grapheme_clusters

UNSEEN = {"Cc", "Cf", "Zs", "Zl", "Zp", "Cs"}
BLANK = set("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f]")
LINK_SCHEMES = {"http", "https", "line", "tel"}
KEYS = {
    "text": {"type", "text", "quoteToken", "quickReply"},
    "audio": {"type", "originalContentUrl", "duration", "quickReply"},
    "flex": {"type", "altText", "contents", "quickReply"},
}


def assert_line_takes(messages: Sequence[dict[str, Any]]) -> None:
    """Fail on anything LINE would refuse."""
    assert 1 <= len(messages) <= 5
    assert len(json.dumps(messages).encode()) <= 2 * 1024 * 1024
    for message in messages:
        assert message.keys() <= KEYS[message["type"]]
        {"text": _text, "audio": _audio, "flex": _flex}[message["type"]](message)
    assert all("quickReply" not in message for message in messages[:-1])
    if "quickReply" in messages[-1]:
        _quick_reply(messages[-1]["quickReply"]["items"])


def units(text: str) -> int:
    """Return how many UTF-16 units a text takes; fail on half a pair, which no JSON may hold."""
    return len(text.encode("utf-16-le")) // 2


def is_seen(text: str) -> bool:
    """Tell whether a reader sees anything of a text."""
    return any(
        each not in BLANK
        and unicodedata.category(each) not in UNSEEN
        and not unicodedata.name(each, "").startswith(("VARIATION SELECTOR", "MONGOLIAN FREE"))
        and each != "\u180f"
        for each in text
    )


def _text(message: dict[str, Any]) -> None:
    _wording(message["text"], 5_000)
    assert message.get("quoteToken", "token")


def _wording(text: str, longest: int) -> None:
    assert is_seen(text)
    assert units(text) <= longest
    assert not CONTROL.search(text)


def _audio(message: dict[str, Any]) -> None:
    _address(message["originalContentUrl"], 2_000, {"https"})
    assert isinstance(message["duration"], int)
    assert message["duration"] > 0


def _flex(message: dict[str, Any]) -> None:
    _wording(message["altText"], 1_500)
    assert message["contents"]["type"] == "bubble"
    assert len(json.dumps(message["contents"])) <= 30 * 1024
    body = message["contents"]["body"]
    assert body["type"] == "box"
    _component(body)


def _component(component: dict[str, Any]) -> None:
    match component["type"]:
        case "box":
            assert component["layout"] in {"vertical", "horizontal", "baseline"}
            assert component["contents"]
            for each in component["contents"]:
                _component(each)
        case "text":
            _wording(component["text"], 2_000)
        case kind:
            assert (kind, "action" in component) == ("button", True)
    if "action" in component:
        _action(component["action"], 40)


def _action(action: dict[str, Any], longest_label: int) -> None:
    _label(action["label"], longest_label)
    match action["type"]:
        case "uri":
            _address(action["uri"], 1_000, LINK_SCHEMES)
        case "message":
            _wording(action["text"], 300)
        case kind:
            assert kind == "postback"
            _wording(action["displayText"], 300)
            assert 1 <= units(action["data"]) <= 300


def _address(address: str, longest: int, schemes: set[str]) -> None:
    assert len(address) <= longest
    assert address.isascii()
    assert not any(each <= " " for each in address)
    assert urlsplit(address).scheme in schemes
    assert urlsplit(address).hostname


def _quick_reply(items: list[dict[str, Any]]) -> None:
    assert 1 <= len(items) <= 13
    for item in items:
        assert item["type"] == "action"
        _action(item["action"], 20)


def _label(label: str, longest: int) -> None:
    assert is_seen(label)
    assert sum(1 for _ in grapheme_clusters(label)) <= longest
