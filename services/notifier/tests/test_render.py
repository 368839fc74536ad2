"""Whatever the answer, LINE takes the messages and the user sees what matters."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.answer import NO_ANSWER, Answer, Choice, Reference
from services.notifier.render import CUT_NOTICE, NOTHING_TO_SHOW, apology, render
from services.notifier.render.graphemes import units
from services.notifier.render.references import link
from services.notifier.tests.line_limits import assert_line_takes

# Surrogates, too: what a broken client or a model's escape may leave behind.
ODD = st.sampled_from(
    ["\ud83d", "\x00", "\u200b", "\u3164", "👨‍👩‍👧", "a\u0301\u0302", "\u202e", "\n\n", "。", " "]
)
TEXT = st.text(st.characters(), max_size=60) | st.lists(ODD, max_size=20).map("".join)
LONG = st.tuples(TEXT, st.sampled_from([1, 1, 1, 7, 100])).map(lambda pair: pair[0] * pair[1])
URLS = st.sampled_from(
    ["https://a.tw/糖?q=%E7%", "http://a.tw", "javascript:alert(1)", "https://x.tw/" + "a" * 2_000]
)
ANSWERS = st.builds(
    Answer,
    main=LONG,
    content=st.lists(LONG, max_size=8).map(tuple),
    references=st.lists(
        st.builds(Reference, title=LONG, url=URLS | TEXT.map("https://h.tw/{}".format) | TEXT)
    ).map(tuple),
    choices=st.lists(st.builds(Choice, label=TEXT, text=LONG), max_size=20).map(tuple),
)


@settings(deadline=None)
@given(answer=ANSWERS)
def test_line_takes_the_messages_of_any_answer(answer: Answer):
    assert_line_takes(render(answer))


@settings(deadline=None)
@given(
    text=st.text(st.characters(codec="utf-8"), min_size=1, max_size=40), times=st.integers(1, 900)
)
def test_content_is_never_lost_without_the_notice(text: str, times: int):
    shown = "".join(m["text"] for m in render(Answer(content=(f"起{text * times}終",), main="主")))
    assert shown.endswith("終主") or CUT_NOTICE in shown


def test_the_order_is_content_then_references_then_the_main_line_with_the_choices():
    answer = Answer(
        main="接下來？",
        content=("糖尿病是……",),
        references=(Reference(title="衛福部", url="https://www.mohw.gov.tw/a"),),
        choices=(Choice(label="翻譯", text="翻譯"),),
    )
    content, references, main = render(answer)
    assert content == {"type": "text", "text": "糖尿病是……"}
    assert references["type"] == "flex"
    assert main["text"] == "接下來？"
    assert main["quickReply"]["items"] == [
        {"type": "action", "action": {"type": "message", "label": "翻譯", "text": "翻譯"}}
    ]


def test_an_answer_that_is_too_long_keeps_references_and_main_line_and_points_to_mail():
    references = tuple(Reference(title=f"第{n}", url=f"https://a.tw/{n}") for n in range(300))
    answer = Answer(main="接下來？", content=("字。" * 4_000,), references=references)
    *content, sources, main = render(answer)
    assert len(content) == 3
    assert content[-1]["text"].endswith(CUT_NOTICE)
    assert sum(units(each["text"]) for each in content) <= 5_000
    assert "另有" in sources["contents"]["body"]["contents"][-1]["text"]
    assert main["text"] == "接下來？"


def test_each_part_begins_its_own_bubble_when_there_is_room():
    texts = [message["text"] for message in render(Answer(content=("白話", "英文"), main="主"))]
    assert texts == ["白話", "英文", "主"]


def test_many_short_parts_flow_together_instead_of_being_dropped():
    content, main = render(Answer(content=tuple("一二三四五六七"), main="主"))
    assert content["text"].split() == list("一二三四五六七")
    assert main["text"] == "主"


@pytest.mark.parametrize("blank", ["", " \n", "\u200b", "\u3164\u2800", "\ufe0f", "\x00\x1f"])
def test_what_nobody_could_see_makes_no_message(blank: str):
    answer = Answer(
        main=blank, content=(blank, "看得到"), choices=(Choice(label=blank, text=blank),)
    )
    assert render(answer) == [{"type": "text", "text": "看得到"}]


def test_an_empty_answer_still_says_something():
    assert render(NO_ANSWER) == [{"type": "text", "text": NOTHING_TO_SHOW}]


def test_a_reference_without_an_https_address_is_plain_text():
    reference = Reference(title="手冊", url="http://a.tw/1")
    row = render(Answer(references=(reference,)))[0]["contents"]["body"]["contents"][1]
    assert row["text"] == "手冊 http://a.tw/1"
    assert "action" not in row


@pytest.mark.parametrize(
    ("url", "uri"),
    [
        ("https://a.tw/糖 尿", "https://a.tw/%E7%B3%96%20%E5%B0%BF"),
        ("https://a.tw/%E7?x=1%", "https://a.tw/%E7?x=1%25"),
        ("https://a.tw", "https://a.tw"),
        ("https://user@evil.tw/", None),
        ("https:///x", None),
        ("http://a.tw", None),
        ("javascript:alert(1)", None),
    ],
)
def test_a_link_is_https_and_ascii_or_none(url: str, uri: str | None):
    assert link(url) == uri


def test_the_apology_is_one_plain_message():
    assert_line_takes(apology())
