"""Snapshots and stored facts: what was written must be readable, or be known not to be."""

from hashlib import sha256
from typing import Any, cast

import msgspec

from contracts.base import personal_fields
from services.conversation.domain import FACTS, FORMAT, INITIAL, decode_state, encode_state
from services.conversation.domain.state import Conversation
from services.conversation.tests.conversing import said, translating, with_leaflet, with_sentence

SHAPE_OF_FORMAT = {1: "7e4cb2cb8f28dd08", 2: "ac8a78698191da16", 3: "898f330fc3f88804"}


def _undescribed(schema: Any) -> Any:
    """Return a schema without its docstrings: better words are no other shape."""
    match schema:
        case dict():
            named = cast("dict[str, Any]", schema)
            return {key: _undescribed(part) for key, part in named.items() if key != "description"}
        case list():
            return [_undescribed(part) for part in cast("list[Any]", schema)]
        case _:
            return schema


def test_a_changed_shape_has_another_format():
    shape = _undescribed(msgspec.json.schema(Conversation))
    schema = msgspec.json.encode(shape, order="sorted")
    assert sha256(schema).hexdigest()[:16] == SHAPE_OF_FORMAT[FORMAT]


def test_a_snapshot_gives_back_the_state():
    working = translating().when(said("量BP")).when(said("二"))
    for story in (with_leaflet(), with_sentence(), working):
        assert decode_state(encode_state(story.state)) == story.state
    assert decode_state(encode_state(INITIAL)) == INITIAL


def test_names_of_stored_facts_stay():
    assert sorted(f"{fact.NAME} v{fact.VERSION}" for fact in FACTS) == [
        "conversation.address_confirmed v1",
        "conversation.address_given v1",
        "conversation.answer_held v1",
        "conversation.erasure_asked v1",
        "conversation.input_abandoned v1",
        "conversation.input_ignored v1",
        "conversation.language_chosen v1",
        "conversation.message_redacted v1",
        "conversation.mode_chosen v1",
        "conversation.question_asked v1",
        "conversation.question_dropped v1",
        "conversation.request_cancelled v1",
        "conversation.result_applied v1",
        "conversation.sentence_cleared v1",
        "conversation.session_expired v1",
        "conversation.slowed_down v1",
        "conversation.started_over v1",
        "conversation.time_noted v1",
        "conversation.token_lent v1",
        "conversation.work_given_up v1",
    ]


def test_what_users_said_and_were_to_see_is_personal():
    sealed = {fact.NAME: set(personal_fields(fact)) for fact in FACTS if personal_fields(fact)}
    assert sealed == {
        "conversation.address_confirmed": {"address"},
        "conversation.address_given": {"address"},
        "conversation.answer_held": {"answer"},
        "conversation.language_chosen": {"language"},
    }
