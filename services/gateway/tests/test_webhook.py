"""One event at a time to one input: what LINE sends today, and what it may send tomorrow."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.decider import derived_id
from contracts.gateway import (
    GroupJoined,
    MessageReceived,
    MessageUnsent,
    PostbackReceived,
    Recipient,
    UnknownReceived,
    UserFollowed,
    UserUnfollowed,
)
from services.gateway.tests.line import (
    GROUP,
    NOW,
    SELF,
    SENT,
    SENT_MS,
    USER,
    event,
    group_event,
    text_event,
)
from services.gateway.webhook import MAX_TEXT_CHARACTERS, UNADDRESSED_STREAM, Heard, hear

EVENT_ID = "01HZX000000000000000000001"
TEXT = MessageReceived(
    webhook_event_id=EVENT_ID,
    message_id="551",
    kind="text",
    sent_at=SENT,
    received_at=NOW,
    recipient=Recipient(user=USER),
    text="你好",
    reply_token="token-1",
    quote_token="quote",
)


def heard(said: object) -> Heard:
    found = hear(orjson.dumps(said), NOW)
    assert found is not None
    return found


def unknown(kind: str) -> UnknownReceived:
    return UnknownReceived(webhook_event_id=EVENT_ID, received_at=NOW, event_type=kind)


def test_a_text_message_is_heard_with_all_that_an_answer_needs():
    assert heard(text_event()) == Heard(
        stream=derived_id("line", USER, ""),
        id=derived_id("line", EVENT_ID),
        key=f"line:{EVENT_ID}",
        event=TEXT,
        redelivered=False,
    )


@pytest.mark.parametrize("kind", ["audio", "image", "video", "file", "location", "sticker"])
def test_messages_without_words_are_heard_by_their_kind(kind: str):
    message = {"type": kind, "id": "551", "stickerResourceType": "NEVER_SEEN_BEFORE"}
    said = heard(event(message=message)).event
    assert said == replace(TEXT, kind=kind, text="", quote_token=None)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            event("postback", postback={"data": "再試一次"}),
            PostbackReceived(
                webhook_event_id=EVENT_ID,
                sent_at=SENT,
                received_at=NOW,
                recipient=Recipient(user=USER),
                data="再試一次",
                reply_token="token-1",
            ),
        ),
        (
            event("follow", follow={"isUnblocked": False}),
            UserFollowed(
                webhook_event_id=EVENT_ID,
                sent_at=SENT,
                received_at=NOW,
                recipient=Recipient(user=USER),
                reply_token="token-1",
            ),
        ),
        (
            event("unfollow"),
            UserUnfollowed(webhook_event_id=EVENT_ID, sent_at=SENT, received_at=NOW),
        ),
        (
            event("unsend", unsend={"messageId": "551"}),
            MessageUnsent(
                webhook_event_id=EVENT_ID, message_id="551", sent_at=SENT, received_at=NOW
            ),
        ),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
def test_each_other_type_becomes_its_own_input(said: dict[str, Any], expected: object):
    assert heard(said).event == expected


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (event("hologram"), "hologram"),
        (event("memberJoined"), "memberJoined"),
        (event("leave", source={"type": "group", "groupId": GROUP}), "leave"),
        (event("join", mode="standby"), "join"),
        (event(message={"type": "hologram", "id": "551"}), "message"),
        (event(message={"type": "text", "id": "551"}), "message"),
        (event(message={"type": "text", "id": "551", "text": 5}), "message"),
        (event(message={"type": "text", "text": "你好"}), "message"),
        (event(message="你好"), "message"),
        (event(), "message"),
        (text_event(source={"type": "user"}), "message"),
        (text_event(source={"type": "planet", "userId": USER}), "message"),
        (text_event(source=None), "message"),
        (text_event(mode="standby"), "message"),
        (text_event(mode="never seen before"), "message"),
        (text_event(type=None), "unnamed"),
        (text_event(type="\0"), "unnamed"),
        (event("postback", postback={}), "postback"),
        (event("unsend", unsend={"messageId": "\0"}), "unsend"),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, str) else None,
)
def test_what_cannot_be_understood_is_kept_as_unknown(said: dict[str, Any], kind: str):
    assert heard(said).event == unknown(kind)


@pytest.mark.parametrize("said", [1, "text", None, [], {}])
def test_what_is_no_event_at_all_is_kept_as_unknown(said: object):
    assert isinstance(heard(said).event, UnknownReceived)


def test_a_voice_message_brings_its_length_and_who_keeps_it():
    external = {"type": "external", "originalContentUrl": "https://example.org/a.m4a"}
    message = {"type": "audio", "id": "551", "duration": 3_200, "contentProvider": external}
    expected = replace(TEXT, kind="audio", text="", quote_token=None)
    said = heard(event(message=message)).event
    assert said == replace(expected, duration_ms=3_200, content_provider="external")
    message |= {"contentProvider": {"type": "line"}, "duration": -1}
    assert heard(event(message=message)).event == expected


def test_the_token_to_mark_a_message_as_read_is_kept():
    message = {"type": "text", "id": "551", "text": "你好", "markAsReadToken": "read"}
    said = heard(event(message=message)).event
    assert said == replace(TEXT, quote_token=None, read_token="read")


@pytest.mark.parametrize(("kind", "name"), [("group", "groupId"), ("room", "roomId")])
def test_being_added_to_a_group_is_heard_once_for_the_group(kind: str, name: str):
    found = heard(event("join", source={"type": kind, name: GROUP}))
    assert found.stream == derived_id("line", "", GROUP)
    assert found.event == GroupJoined(
        webhook_event_id=EVENT_ID,
        sent_at=SENT,
        received_at=NOW,
        recipient=Recipient(group=GROUP),
        reply_token="token-1",
    )


@pytest.mark.parametrize("kind", ["sticker", "image", "video", "audio", "file", "location"])
def test_what_has_no_words_is_not_heard_in_a_group(kind: str):
    source = {"type": "group", "groupId": GROUP, "userId": USER}
    message = {"type": kind, "id": "551"}
    assert hear(orjson.dumps(event(message=message, source=source)), NOW) is None


def test_in_a_group_a_command_and_a_tap_are_heard():
    assert heard(group_event("開始")).stream == derived_id("line", USER, GROUP)
    source = {"type": "group", "groupId": GROUP, "userId": USER}
    tap = event("postback", postback={"data": "say:英文"}, source=source)
    assert isinstance(heard(tap).event, PostbackReceived)


def test_what_names_no_user_is_kept_apart_from_all_conversations():
    assert heard(event("leave", source={"type": "group", "groupId": GROUP})).stream == (
        UNADDRESSED_STREAM
    )


def test_a_missing_reply_token_still_gets_an_answer():
    said = text_event()
    del said["replyToken"]
    assert heard(said).event == replace(TEXT, reply_token="")


def test_without_an_event_id_the_same_event_still_counts_once():
    said = text_event(webhookEventId=None)
    again = said | {"deliveryContext": {"isRedelivery": True}}
    assert heard(said).key == heard(again).key
    assert heard(said).key != heard(said | {"timestamp": SENT_MS + 1}).key


def test_a_redelivery_has_the_key_of_the_first_delivery():
    again = heard(text_event(deliveryContext={"isRedelivery": True}))
    assert (again.key, again.redelivered) == (heard(text_event()).key, True)


@pytest.mark.parametrize("timestamp", [None, "now", -1, 0, 1, True, 2**63, 4_102_444_800_000])
def test_an_absurd_time_becomes_the_time_of_receipt(timestamp: object):
    assert heard(text_event(timestamp=timestamp)).event == replace(TEXT, sent_at=NOW)


def test_a_clock_an_hour_off_does_not_change_the_senders_time():
    found = hear(orjson.dumps(text_event()), NOW - timedelta(hours=1))
    assert found is not None
    assert found.event == replace(TEXT, received_at=NOW - timedelta(hours=1))


def test_an_absurdly_long_text_is_kept_long_enough_to_be_refused():
    said = heard(text_event("長" * 300_000)).event
    assert said == replace(TEXT, text="長" * MAX_TEXT_CHARACTERS)


def test_people_talking_in_a_group_are_not_heard():
    assert hear(orjson.dumps(group_event("今天吃什麼")), NOW) is None


def test_in_a_group_the_bot_hears_its_name_and_not_the_name_itself():
    said = heard(group_event("@MedBot 糖尿病", SELF))
    assert (said.person, heard(text_event()).person) == (derived_id("line", USER, ""), None)
    assert said.stream == derived_id("line", USER, GROUP)
    assert said.event == replace(
        TEXT, text=" 糖尿病", recipient=Recipient(user=USER, group=GROUP), quote_token=None
    )


def test_a_group_without_a_name_of_its_own_is_no_conversation_with_the_user():
    said = group_event("@MedBot hi", SELF) | {"source": {"type": "group", "userId": USER}}
    assert heard(said).event == unknown("message")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["message", "postback", "follow", "unsend", "join"]) | JSON,
        "mode": st.sampled_from(["active", "standby"]) | JSON,
        "timestamp": JSON,
        "webhookEventId": JSON,
        "replyToken": JSON,
        "deliveryContext": JSON,
        "source": st.fixed_dictionaries(
            {},
            optional={
                "type": st.sampled_from(["user", "group", "room"]) | JSON,
                "userId": JSON | st.just(USER),
                "groupId": JSON,
            },
        )
        | JSON,
        "message": st.fixed_dictionaries(
            {},
            optional={
                "type": st.sampled_from(["text", "audio"]) | JSON,
                "id": JSON | st.just("551"),
                "text": JSON,
                "mention": st.fixed_dictionaries(
                    {"mentionees": JSON | st.lists(st.just(SELF) | JSON, max_size=2)}
                )
                | JSON,
            },
        )
        | JSON,
        "postback": JSON,
        "unsend": JSON,
    },
)


@given(EVENTS | JSON)
def test_whatever_comes_nothing_raises_and_ids_are_plain(said: object):
    found = hear(orjson.dumps(said), NOW)
    if found is not None:
        assert found.key.isascii()
        assert found.key.isprintable()
        assert isinstance(found.event, UnknownReceived) or found.stream != UNADDRESSED_STREAM


@given(st.binary())
def test_bytes_that_are_no_json_are_unknown(raw: bytes):
    found = hear(b"\xff" + raw, NOW)
    assert found is not None
    assert isinstance(found.event, UnknownReceived)
