"""What LINE takes and what it refuses."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.line_rules import check_loading, check_messages, check_push, check_reply

USER = "U" + "0" * 32
TAP = {"type": "postback", "label": "看結果", "data": "result:1"}
LINK = {"type": "uri", "label": "WHO", "uri": "https://www.who.int/"}


def text(value: str, **more: object) -> dict[str, object]:
    return {"type": "text", "text": value, **more}


def quick(*actions: dict[str, object]) -> dict[str, object]:
    return {"items": [{"type": "action", "action": action} for action in actions]}


def say(label: str, words: str = "好") -> dict[str, object]:
    return {"type": "message", "label": label, "text": words}


def bubble(*contents: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {"type": "box", "layout": "vertical", "contents": list(contents)}
    return {"type": "bubble", "body": body, **more}


def flex(contents: dict[str, Any], alternative: str = "參考資料") -> dict[str, Any]:
    return {"type": "flex", "altText": alternative, "contents": contents}


def audio(address: str, milliseconds: object = 60000) -> dict[str, object]:
    return {"type": "audio", "originalContentUrl": address, "duration": milliseconds}


ACCEPTED = {
    "one text": [text("您好")],
    "five texts": [text("您好")] * 5,
    "5000 units": [text("字" * 5000)],
    "2500 emoji": [text("😀" * 2500)],
    "13 quick replies": [text("選", quickReply=quick(*[say(str(n)) for n in range(13)]))],
    "20 graphemes": [text("選", quickReply=quick(say("👩‍⚕️" * 20)))],
    "a bubble": [flex(bubble({"type": "text", "text": "WHO", "wrap": True}))],
    "a link button": [flex(bubble({"type": "button", "style": "link", "action": LINK}))],
    "a carousel": [flex({"type": "carousel", "contents": [bubble({"type": "separator"})] * 12})],
    "audio": [audio("https://example.org/a.m4a")],
    "audio of no named format": [audio("https://example.org/audio/aGVsbG8")],
    "audio on this machine": [audio("http://127.0.0.1:8080/audio/a")],
    "2000 letters of address": [audio("https://a.tw/" + "x" * 1987)],
    "a quote": [text("好", quoteToken="q")],
    "no quote": [text("好", quoteToken=None)],
    "a postback": [text("選", quickReply=quick({**TAP, "displayText": "看結果"}))],
    "buttons": [flex(bubble(*[{"type": "button", "action": each} for each in (TAP, LINK)]))],
}

REFUSED = {
    "nothing": ([], "messages"),
    "six texts": ([text("您好")] * 6, "messages"),
    "empty text": ([text("")], "messages[0].text"),
    "5001 units": ([text("字" * 5001)], "messages[0].text"),
    "2501 emoji": ([text("😀" * 2501)], "messages[0].text"),
    "unknown type": ([{"type": "hologram"}], "messages[0].type"),
    "14 quick replies": (
        [text("選", quickReply=quick(*[say(str(n)) for n in range(14)]))],
        "messages[0]/quickReply/items",
    ),
    "21 graphemes": (
        [text("選", quickReply=quick(say("字" * 21)))],
        "messages[0]/quickReply/items/0/action/label",
    ),
    "long action text": (
        [text("選", quickReply=quick(say("好", "字" * 301)))],
        "messages[0]/quickReply/items/0/action/text",
    ),
    "long postback": (
        [text("選", quickReply=quick({"type": "postback", "label": "好", "data": "x" * 301}))],
        "messages[0]/quickReply/items/0/action/data",
    ),
    "no bubble": ([flex({"type": "box"})], "messages[0].contents/type"),
    "no block": ([flex({"type": "bubble"})], "messages[0].contents/"),
    "long alternative": ([flex(bubble(), "字" * 1501)], "messages[0].altText"),
    "heavy bubble": (
        [flex(bubble({"type": "text", "text": "字" * 11000}))],
        "messages[0].contents/",
    ),
    "13 bubbles": (
        [flex({"type": "carousel", "contents": [bubble()] * 13})],
        "messages[0].contents/contents",
    ),
    "long button": (
        [flex(bubble({"type": "button", "action": {**LINK, "label": "字" * 41}}))],
        "messages[0].contents/body/contents/0/action/label",
    ),
    "javascript link": (
        [flex(bubble({"type": "button", "action": {**LINK, "uri": "javascript:alert(1)"}}))],
        "messages[0].contents/body/contents/0/action/uri",
    ),
    "long link": (
        [flex(bubble({"type": "button", "action": {**LINK, "uri": "https://a.tw/" + "x" * 990}}))],
        "messages[0].contents/body/contents/0/action/uri",
    ),
    "empty flex text": (
        [flex(bubble({"type": "text", "text": ""}))],
        "messages[0].contents/body/contents/0/text",
    ),
    "named color": (
        [flex(bubble({"type": "text", "text": "WHO", "color": "red"}))],
        "messages[0].contents/body/contents/0/color",
    ),
    "plain audio": ([audio("http://example.org/a.m4a")], "messages[0].originalContentUrl"),
    "wav": ([audio("https://example.org/a.wav")], "messages[0].originalContentUrl"),
    "2001 letters of address": (
        [audio("https://a.tw/" + "x" * 1988)],
        "messages[0].originalContentUrl",
    ),
    "timeless audio": ([audio("https://example.org/a.m4a", None)], "messages[0].duration"),
    "no time at all": ([audio("https://example.org/a.m4a", 0)], "messages[0].duration"),
    "half a millisecond": ([audio("https://example.org/a.m4a", 0.5)], "messages[0].duration"),
    "a quote by audio": (
        [audio("https://example.org/a.m4a") | {"quoteToken": "q"}],
        "messages[0].quoteToken",
    ),
    "an empty quote": ([text("好", quoteToken="")], "messages[0].quoteToken"),
    "postback without data": (
        [text("選", quickReply=quick({**TAP, "data": ""}))],
        "messages[0]/quickReply/items/0/action/data",
    ),
    "long shown text": (
        [text("選", quickReply=quick({**TAP, "displayText": "字" * 301}))],
        "messages[0]/quickReply/items/0/action/displayText",
    ),
    "shown and said": (
        [text("選", quickReply=quick({**TAP, "displayText": "好", "text": "好"}))],
        "messages[0]/quickReply/items/0/action",
    ),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_line_takes_what_is_within_its_limits(case: str):
    assert check_messages(ACCEPTED[case]) == []


@pytest.mark.parametrize("case", REFUSED)
def test_line_refuses_and_names_the_place(case: str):
    messages, place = REFUSED[case]
    assert [fault.property for fault in check_messages(messages)] == [place]


def test_a_reply_needs_a_token_and_a_push_an_address():
    assert [fault.property for fault in check_reply({"messages": [text("好")]})] == ["replyToken"]
    assert [fault.property for fault in check_push({"messages": [text("好")]})] == ["to"]


@pytest.mark.parametrize("seconds", [0, 4, 7, 65, 5.5, "20", True, None])
def test_loading_seconds_other_than_fives_up_to_sixty_are_refused(seconds: object):
    faults = check_loading({"chatId": USER, "loadingSeconds": seconds})
    assert [fault.property for fault in faults] == ["loadingSeconds"]


def test_loading_is_for_one_to_one_chats():
    assert check_loading({"chatId": USER, "loadingSeconds": 60}) == []
    assert [fault.property for fault in check_loading({"chatId": "C" + "0" * 32})] == ["chatId"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON, st.sampled_from(["text", "flex", "audio", "image", "template", "sticker"]))
def test_no_message_however_odd_upsets_the_rules(value: object, kind: str):
    message = {"type": kind, "text": value, "contents": value, "altText": value}
    assert isinstance(check_messages([value, {**message, "quickReply": value}]), list)
