"""What can be done next is tapped on phones, clicked on computers, and typed on both."""

from typing import Any

import pytest

from contracts.answer import Answer, Choice
from services.notifier.render import Message, render
from services.notifier.tests.line_limits import assert_line_takes

WORDS = ("修改", "翻譯", "寄送", "新對話")
RESULT = Choice(label="看結果", text="看結果", data="result:1")


def choices(*words: str) -> tuple[Choice, ...]:
    return tuple(Choice(label=word, text=word) for word in words)


def shown(*offered: Choice) -> tuple[Message, Message]:
    """Return the message with the buttons and the one with the quick replies."""
    buttons, main = render(Answer(main="接下來？", choices=offered))
    assert_line_takes([buttons, main])
    return buttons, main


def rows_of(buttons: Message) -> list[list[dict[str, Any]]]:
    _, *rows = buttons["contents"]["body"]["contents"]
    return [[button["action"] for button in row["contents"]] for row in rows]


def test_the_buttons_do_what_the_quick_replies_do_and_name_what_can_be_typed():
    buttons, main = shown(*choices(*WORDS), RESULT)
    items = [item["action"] for item in main["quickReply"]["items"]]
    assert [action for row in rows_of(buttons) for action in row] == items
    assert buttons["altText"] == "可點選或輸入：修改、翻譯、寄送、新對話、看結果"


def test_a_choice_with_data_comes_back_as_data_and_shows_its_words():
    action = shown(RESULT)[1]["quickReply"]["items"][0]["action"]
    assert action == {
        "type": "postback",
        "label": "看結果",
        "data": "result:1",
        "displayText": "看結果",
    }


@pytest.mark.parametrize("data", ["x" * 301, "a\x00b", " a", "\ud83d", "\u200b"])
def test_data_that_line_would_refuse_or_change_becomes_words_that_can_be_typed(data: str):
    action = shown(Choice(label="看", text="看結果", data=data))[1]["quickReply"]["items"][0][
        "action"
    ]
    assert action == {"type": "message", "label": "看", "text": "看結果"}


@pytest.mark.parametrize(
    ("words", "lengths"),
    [
        (WORDS, [2, 2]),
        (("一",), [1]),
        (tuple("一二三四五"), [3, 2]),
        (("COVID-19", "糖尿病", "高血壓"), [2, 1]),
        (("聊天（醫療翻譯，也能朗讀）", "衛教"), [1, 1]),
    ],
)
def test_buttons_stand_beside_one_another_where_their_labels_fit(
    words: tuple[str, ...], lengths: list[int]
):
    assert [len(row) for row in rows_of(shown(*choices(*words))[0])] == lengths


def test_buttons_never_take_the_place_of_content():
    answer = Answer(main="接下來？", content=tuple("一二三四"), choices=choices(*WORDS))
    assert [each["text"] for each in render(answer)] == [*"一二三四", "接下來？"]


def test_the_longest_choices_are_still_within_one_bubble():
    buttons, main = shown(*[Choice(label="界" * 20, text="界" * 300, data="界" * 300)] * 13)
    assert len(main["quickReply"]["items"]) == 13
    assert 1 < len(rows_of(buttons)) < 13


def test_an_answer_without_choices_has_no_buttons():
    assert render(Answer(main="主")) == [{"type": "text", "text": "主"}]
