"""Every event comes back from JSON as it was, whatever was said in it."""

from dataclasses import MISSING, fields
from datetime import UTC, datetime
from typing import Any, cast, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.eventlog.codec import Codec, Unread, all_events
from contracts.base import Event, personal_fields
from contracts.catalogue import SUBJECTS
from contracts.notifier import WorkShown
from services.conversation.domain import FACTS

EVENTS = all_events(SUBJECTS, FACTS)
CODEC = Codec(EVENTS)
EVERY_EVENT = pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.NAME)

NASTY = st.sampled_from(["", "{}", "\x00", "\\", '"}', "}{", "👩🏽‍⚕️", "一天\u2028三次"])
# Times are UTC, as the log's are.
PLAIN = {str: st.text(max_size=20) | NASTY, datetime: st.datetimes(timezones=st.just(UTC))}


def any_of(event: type[Event]) -> st.SearchStrategy[Event]:
    """Return any event of a class."""
    hints = get_type_hints(event)
    return st.builds(event, **{name: PLAIN[hint] for name, hint in hints.items() if hint in PLAIN})


def defaults_of(event: type[Event]) -> dict[str, object]:
    """Return each field's default."""
    return {each.name: each.default for each in fields(cast("Any", event))}


@EVERY_EVENT
@settings(max_examples=40)
@given(data=st.data())
def test_an_event_comes_back_as_it_was(event: type[Event], data: st.DataObject):
    said = data.draw(any_of(event))
    form = CODEC.encode(said)
    assert (form.type, form.schema_version) == (event.NAME, event.VERSION)
    assert CODEC.decode(form.type, form.schema_version, form.data, form.personal) == said


@EVERY_EVENT
def test_every_personal_field_has_a_default(event: type[Event]):
    defaults = defaults_of(event)
    assert [name for name in personal_fields(event) if defaults[name] is MISSING] == []


@EVERY_EVENT
@settings(max_examples=40)
@given(data=st.data())
def test_without_its_key_an_event_has_its_defaults_there(event: type[Event], data: st.DataObject):
    said = data.draw(any_of(event))
    form = CODEC.encode(said)
    left = CODEC.decode(form.type, form.schema_version, form.data, None)
    sealed = personal_fields(event)
    for name, default in defaults_of(event).items():
        assert getattr(left, name) == (default if name in sealed else getattr(said, name))


def test_what_postgres_makes_of_the_json_reads_the_same():
    sent = WorkShown(request_id="r", shown_at=datetime(2026, 1, 1, tzinfo=UTC))
    form = CODEC.encode(sent)
    stored = b'  {"shown_at": "2026-01-01T00:00:00Z", "request_id": "r"}  '
    assert CODEC.decode(form.type, 1, stored, None) == sent


def test_unknown_fields_are_passed_over():
    stored = b'{"request_id": "r", "shown_at": "2026-01-01T00:00:00Z", "later": {"a": [1]}}'
    assert CODEC.decode(WorkShown.NAME, 1, stored, b'{"more": 1}') == CODEC.decode(
        WorkShown.NAME, 1, stored, None
    )


def test_an_event_of_a_later_version_is_kept_unread():
    assert CODEC.decode(WorkShown.NAME, 2, b"{}", None) == Unread(type=WorkShown.NAME)
    assert CODEC.decode("nobody.knows", 1, b"{}", b"{}") == Unread(type="nobody.knows")


def test_two_events_of_one_name_are_a_mistake():
    with pytest.raises(ValueError, match=r"notifier\.work_shown"):
        Codec([WorkShown, WorkShown])


def test_an_event_that_lacks_a_field_is_an_error():
    with pytest.raises(msgspec.ValidationError):
        CODEC.decode(WorkShown.NAME, 1, b'{"request_id": "r"}', None)
