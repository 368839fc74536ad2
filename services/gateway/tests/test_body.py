"""Bodies: LINE's own, broken ones, and ones that would cost the other users their events."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.body import MAX_EVENTS, BodyRefused, TooManyEvents, raw_events
from services.gateway.tests.line import body, text_event


def test_each_event_keeps_its_own_bytes():
    first, second = text_event(number=1), text_event(number=2)
    assert raw_events(body(first, second)) == [orjson.dumps(first), orjson.dumps(second)]


def test_the_consoles_trial_call_has_no_events():
    assert raw_events(body()) == []


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"events":null}',
        b'{"events":{}}',
        b'{"events":[}',
        b'{"events":[]} and more',
        b'{"events":[nope]}',
        b'{"events":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda body: body[:20],
)
def test_what_is_no_webhook_is_refused(broken: bytes):
    with pytest.raises(BodyRefused):
        raw_events(broken)


def test_as_many_events_as_can_be_recorded_are_taken():
    assert len(raw_events(body(*range(MAX_EVENTS)))) == MAX_EVENTS
    with pytest.raises(TooManyEvents):
        raw_events(body(*range(MAX_EVENTS + 1)))


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (rb"\ud83d", "\ufffd"),
        (rb"a\ude00b", "a\ufffdb"),
        (rb"\ud83d\ud83d\ude00", "\ufffd😀"),
        (rb"\ud83dA \ud83d\ude00", "\ufffdA 😀"),
        (rb"\\ud83d \ud83d", "\\ud83d \ufffd"),
        (rb"\" \u00e9 \ud83d", '" é \ufffd'),
    ],
)
def test_half_an_emoji_costs_nobody_an_event(sent: bytes, text: str):
    events = raw_events(b'{"events":[{"text":"' + sent + b'"},{"text":"ok"}]}')
    assert [orjson.loads(event)["text"] for event in events] == [text, "ok"]


@given(st.binary())
def test_any_bytes_are_events_or_refused(body: bytes):
    try:
        events = raw_events(body)
    except BodyRefused:
        return
    assert all(isinstance(event, bytes) for event in events)
