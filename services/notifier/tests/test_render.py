"""Whatever the answer, LINE takes the messages and the user sees what matters."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.answer import NO_ANSWER, Answer, Audio, Choice, Reference
from contracts.conversation import Mode
from services.notifier.render import NOTHING_TO_SHOW, apology, render, without_quote
from services.notifier.render.content import CUT_NOTICE, CUT_NOTICE_ELSEWHERE
from services.notifier.render.graphemes import units
from services.notifier.render.media import (
    AUDIO_NOT_OFFERED,
    FILE_NOT_OFFERED,
    NOWHERE,
    Addresses,
)
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
    choices=st.lists(st.builds(Choice, label=TEXT, text=LONG, data=LONG), max_size=20).map(tuple),
    audio=st.none() | st.builds(Audio, object_key=st.just("k"), duration_ms=st.integers(-1, 99)),
    credit=st.just("") | LONG,
    download=st.sampled_from(["", "export/s/1.json"]),
)
PUBLIC = Addresses(audio="https://bot.tw/audio/a", download="https://bot.tw/export/b")
EVERYTHING = Answer(
    main="接下來？",
    content=("第一段", "第二段"),
    references=(Reference(title="衛福部", url="https://www.mohw.gov.tw/a"),),
    choices=(Choice(label="翻譯", text="翻譯"),),
    audio=Audio(object_key="k", duration_ms=1_234),
    credit="陽明交通大學",
    download="export/s/1.json",
)


@settings(deadline=None)
@given(
    answer=ANSWERS,
    addresses=st.sampled_from([PUBLIC, NOWHERE]),
    quote=st.sampled_from(["", "quote"]),
    mode=st.sampled_from(["education", "translation", "none"]),
)
def test_line_takes_the_messages_of_any_answer(
    answer: Answer, addresses: Addresses, quote: str, mode: Mode
):
    assert_line_takes(render(answer, addresses=addresses, quote=quote, mode=mode))


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
    content, references, buttons, main = render(answer)
    assert buttons["type"] == "flex"
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


def test_whose_work_the_audio_is_comes_first_and_then_the_audio():
    answer = Answer(main="接下來？", content=("字",), audio=EVERYTHING.audio, credit="陽明交通大學")
    credit, audio, content, main = render(answer, addresses=PUBLIC)
    assert "陽明交通大學" in str(credit["contents"])
    assert credit["altText"] == "陽明交通大學"
    assert audio == {"type": "audio", "originalContentUrl": PUBLIC.audio, "duration": 1_234}
    assert (content["text"], main["text"]) == ("字", "接下來？")


def test_a_file_is_behind_a_button_and_behind_a_link_to_copy():
    button, main = render(Answer(main="好了", download="k"), addresses=PUBLIC)
    uri = button["contents"]["body"]["contents"][1]["action"]["uri"]
    assert uri == PUBLIC.download
    assert main["text"].startswith("好了")
    assert main["text"].endswith(f"\n{PUBLIC.download}")


def test_a_very_long_main_line_never_cuts_the_link():
    _, main = render(Answer(main="字" * 3_000, download="k"), addresses=PUBLIC)
    assert main["text"].endswith(PUBLIC.download)
    assert units(main["text"]) <= 2_000


def test_without_a_public_address_the_user_is_told_what_cannot_be_offered():
    texts = [m["text"] for m in render(Answer(main="主", audio=EVERYTHING.audio, download="k"))]
    assert texts == [AUDIO_NOT_OFFERED, FILE_NOT_OFFERED, "主"]


def test_everything_at_once_still_shows_everything():
    shown = render(EVERYTHING, addresses=PUBLIC)
    assert [message["type"] for message in shown] == ["audio", "text", "flex", "flex", "text"]
    assert shown[1]["text"] == "陽明交通大學\n\n第一段\n\n第二段"


@pytest.mark.parametrize("count", [1, 2])
def test_with_less_room_the_bubbles_are_fuller_instead_of_fewer_words(count: int):
    text = "一二三四五六七八九。" * 490
    answer = Answer(
        main="主",
        content=(text,),
        references=EVERYTHING.references[: 2 - count],
        audio=EVERYTHING.audio,
        credit="陽明交通大學",
    )
    shown = [each["text"] for each in render(answer, addresses=PUBLIC) if each["type"] == "text"]
    assert len(shown) == count + 1
    assert "".join(shown[:-1]) == text


@pytest.mark.parametrize(
    ("mode", "notice"), [("education", CUT_NOTICE), ("translation", CUT_NOTICE_ELSEWHERE)]
)
def test_only_leaflets_are_pointed_to_mail(mode: Mode, notice: str):
    *content, _ = render(Answer(main="主", content=("字。" * 4_000,)), mode=mode)
    assert content[-1]["text"].endswith(notice)


def test_the_first_text_quotes_the_message_that_is_answered():
    shown = render(EVERYTHING, addresses=PUBLIC, quote="q1")
    assert [each.get("quoteToken") for each in shown] == [None, "q1", None, None, None]
    assert without_quote(shown) == render(EVERYTHING, addresses=PUBLIC)


def test_the_apology_is_one_plain_message():
    assert_line_takes(apology())
