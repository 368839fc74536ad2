"""LINE's limits for messages, as its reference states them: what every test checks against."""

import json
from collections.abc import Sequence
from typing import Any

from uniseg.graphemecluster import grapheme_clusters

from services.notifier.render.graphemes import units
from services.notifier.render.text import is_visible


def assert_line_takes(messages: Sequence[dict[str, Any]]) -> None:
    """Fail on anything LINE would refuse."""
    assert 1 <= len(messages) <= 5
    json.dumps(messages).encode()
    for message in messages:
        {"text": _text, "flex": _flex}[message["type"]](message)
    assert all("quickReply" not in message for message in messages[:-1])
    if "quickReply" in messages[-1]:
        _quick_reply(messages[-1]["quickReply"]["items"])


def _text(message: dict[str, Any]) -> None:
    _wording(message["text"], 5_000)


def _wording(text: str, longest: int) -> None:
    assert is_visible(text)
    assert units(text) <= longest
    assert not any(ord(each) < 32 and each not in "\n\t" for each in text)
    text.encode()


def _flex(message: dict[str, Any]) -> None:
    _wording(message["altText"], 1_500)
    assert len(json.dumps(message["contents"])) <= 30 * 1024
    for row in message["contents"]["body"]["contents"]:
        _wording(row["text"], 2_000)
        if "action" in row:
            _link(row["action"])


def _link(action: dict[str, str]) -> None:
    _label(action["label"], 40)
    assert action["uri"].startswith("https://")
    assert len(action["uri"]) <= 1_000
    assert action["uri"].isascii()
    assert " " not in action["uri"]


def _quick_reply(items: list[dict[str, Any]]) -> None:
    assert 1 <= len(items) <= 13
    for item in items:
        _label(item["action"]["label"], 20)
        _wording(item["action"]["text"], 300)


def _label(label: str, longest: int) -> None:
    assert is_visible(label)
    assert sum(1 for _ in grapheme_clusters(label)) <= longest
