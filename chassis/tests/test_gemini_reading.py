"""What Gemini and its stand-ins say, as values of ours."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.gemini_failures import (
    Blocked,
    Empty,
    Garbled,
    Malformed,
    ModelFailed,
    Overloaded,
    RateLimited,
    Rejected,
    Truncated,
    read_error,
)
from chassis.gemini_reading import MOST_REFERENCES, read_answer, read_fields
from chassis.resilience import Transient
from contracts.answer import Reference

SAID = {"content": {"parts": [{"text": "多喝水"}]}, "finishReason": "STOP"}
NAMES = (
    *("candidates", "content", "parts", "text", "finishReason", "promptFeedback", "blockReason"),
    *("groundingMetadata", "groundingChunks", "web", "uri", "title", "usageMetadata"),
    *("error", "details", "@type", "retryDelay", "violations", "quotaId"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


def answered(**candidate: Any) -> bytes:
    return orjson.dumps({"candidates": [SAID | candidate]})


def grounded(*pages: dict[str, Any]) -> tuple[Reference, ...]:
    chunks = [{"web": page} for page in pages]
    return read_answer(answered(groundingMetadata={"groundingChunks": chunks})).references


def quota(**detail: Any) -> dict[str, Any]:
    return {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [detail]}}


def retry_in(delay: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


def test_a_full_answer_is_read():
    said = read_answer(
        orjson.dumps(
            {
                "candidates": [SAID],
                "modelVersion": "gemini-3.8-flash-001",
                "usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 3},
            }
        )
    )
    assert (said.text, said.finish_reason) == ("多喝水", "STOP")
    assert (said.model_version, said.input_tokens, said.output_tokens) == (
        "gemini-3.8-flash-001",
        7,
        3,
    )


def test_text_alone_is_enough():
    assert read_answer(b'{"candidates":[{"content":{"parts":[{"text":"ok"}]}}]}').text == "ok"


def test_an_unknown_finish_reason_and_unknown_fields_do_no_harm():
    assert read_answer(answered(finishReason="TIRED", mood={"good": True})).text == "多喝水"


def test_parts_are_joined_and_thoughts_left_out():
    parts = [{"text": "想一想", "thought": True}, {"text": "多"}, {}, {"text": "喝水"}]
    assert read_answer(answered(content={"parts": parts})).text == "多喝水"


def test_control_characters_are_left_out():
    assert read_answer(answered(content={"parts": [{"text": "a\x00b\r\nc\td"}]})).text == "ab\nc\td"


@pytest.mark.parametrize("reason", ["SAFETY", "RECITATION", "PROHIBITED_CONTENT"])
def test_a_withheld_answer_is_blocked_even_with_words(reason: str):
    with pytest.raises(Blocked):
        read_answer(answered(finishReason=reason))


def test_a_blocked_prompt_is_blocked():
    with pytest.raises(Blocked):
        read_answer(b'{"promptFeedback":{"blockReason":"SAFETY"}}')


def test_a_broken_off_answer_is_truncated():
    with pytest.raises(Truncated):
        read_answer(answered(finishReason="MAX_TOKENS"))


@pytest.mark.parametrize(
    "body", ["{}", '{"candidates":[]}', '{"candidates":[{"content":{"parts":[{"text":" \\n"}]}}]}']
)
def test_no_words_are_empty(body: str):
    with pytest.raises(Empty):
        read_answer(body)


@pytest.mark.parametrize("body", ["", "<html></html>", "[1]", '"text"', '{"candidates":', "null"])
def test_what_is_no_json_object_is_garbled(body: str):
    with pytest.raises(Garbled):
        read_answer(body)


@given(JSON)
def test_any_json_is_an_answer_or_an_error_of_ours(value: Any):
    with suppress(ModelFailed, Transient):
        assert read_answer(orjson.dumps(value)).text.strip()


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "1"}',
        '```json\n{"a": "1"}\n```',
        '```\n{"a": "1"}```',
        'Here you are:\n```JSON\n{"a": "1"}\n```\nDone.',
        '\ufeff {"a": "1"} ',
        '{"a": "1\\u0000"}',
    ],
)
def test_the_object_is_found_in_its_wrapping(text: str):
    assert read_fields(text) == {"a": "1"}


@pytest.mark.parametrize("text", ["", "sorry", "[]", '{"a": ', "} {", '{"b": "1"}', '{"a": " "}'])
def test_without_the_needed_words_an_answer_is_malformed(text: str):
    with pytest.raises(Malformed):
        read_fields(text, ["a"])


@given(st.dictionaries(st.text(max_size=5), st.text(min_size=1), max_size=4))
def test_fields_survive_a_fence(fields: dict[str, str]):
    text = orjson.dumps(fields).decode()
    assert read_fields(f"```json\n{text}\n```") == read_fields(text)


def test_references_come_once_each_and_ten_at_most():
    page = {"uri": "https://www.hpa.gov.tw/a", "title": " 國健署 \n 糖尿病 "}
    assert grounded(page, page) == (Reference(title="國健署 糖尿病", url=page["uri"]),)
    many = ({"uri": f"https://a.example/{number}"} for number in range(30))
    assert len(grounded(*many)) == MOST_REFERENCES


def test_a_page_without_a_title_is_named_by_its_host():
    assert grounded({"uri": "https://who.int/x"})[0].title == "who.int"


def test_an_address_in_chinese_is_encoded():
    (reference,) = grounded({"uri": "https://www.hpa.gov.tw/糖尿病"})
    assert reference.url == "https://www.hpa.gov.tw/%E7%B3%96%E5%B0%BF%E7%97%85"


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "ftp://a.example",
        "https://",
        "//a.example",
        "https://[bad",
        "line://msg",
        f"https://a.example/{'x' * 1000}",
        7,
    ],
)
def test_what_is_no_web_address_is_no_reference(uri: object):
    assert grounded({"uri": uri, "title": "t"}) == ()


@pytest.mark.parametrize("code", [400, 401, 403, 404, 413, 302])
def test_a_refusal_is_final(code: int):
    assert isinstance(read_error(code, {}), Rejected)


@pytest.mark.parametrize("code", [408, 500, 502, 503, 504, 529])
def test_a_server_in_trouble_may_recover(code: int):
    assert isinstance(read_error(code, None), Overloaded)


@pytest.mark.parametrize(
    ("delay", "seconds"), [("34s", 34), ("1.5s", 1.5), ("0s", 0), ("soon", None), ("-1s", None)]
)
def test_the_pause_asked_for_is_read(delay: str, seconds: float | None):
    error = read_error(429, quota(**retry_in(delay)))
    assert isinstance(error, RateLimited)
    assert error.retry_after == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("name", "hopeless"),
    [
        ("GenerateRequestsPerDayPerProjectPerModel-FreeTier", True),
        ("generate_content_requests_per_day", True),
        ("GenerateRequestsPerMinutePerProjectPerModel", False),
    ],
)
def test_only_the_quota_of_the_day_is_hopeless(name: str, hopeless: bool):
    error = read_error(429, quota(violations=[{"quotaId": name}]))
    assert isinstance(error, RateLimited)
    assert error.hopeless is hopeless


@given(JSON)
def test_any_description_of_an_error_is_read(details: Any):
    assert isinstance(read_error(429, details), RateLimited)
