"""Mailing the leaflet: the address, a yes before the first mail, and every outcome."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chassis.decider_testing import given
from contracts.conversation import EducationRequested, EmailRequested, WorkStarted
from contracts.gateway import Recipient
from contracts.notifier import EmailFailureReason
from services.conversation.domain import encode_state
from services.conversation.domain.addresses import parse_address
from services.conversation.domain.facts import (
    AddressConfirmed,
    AddressGiven,
    AnswerHeld,
    QuestionAsked,
    QuestionDropped,
    RequestCancelled,
    ResultApplied,
)
from services.conversation.tests.conversing import (
    CONVERSATION,
    LEAFLET,
    NURSE,
    SOURCE,
    Tale,
    after,
    leaflet,
    mailed,
    not_mailed,
    replies,
    request_of,
    said,
    shown,
    silence,
    time_passes,
    unsent,
    with_leaflet,
    words,
)

ACTIONS = ["修改", "翻譯", "寄送", "新對話"]
ADDRESS = "wang@example.com"


def _asked() -> Tale:
    return with_leaflet().when(said("寄送"))


def _confirming() -> Tale:
    return _asked().when(said(ADDRESS, message="M1"))


def _mailing() -> Tale:
    """Return a story in which input 7 has a mail on its way."""
    return _confirming().when(said("確認寄送", at=1))


def _mailed() -> Tale:
    """Return a story with one mail out, after eight inputs."""
    return _mailing().when(mailed(7))


def _again(story: Tale) -> Tale:
    return story.when(said("寄送", at=2)).when(said(ADDRESS, at=3))


@pytest.mark.parametrize("word", ["寄送", "Mail"])
def test_mail_asks_for_an_address(word: str):
    story = with_leaflet().when(said(word))
    assert story.facts[0] == QuestionAsked(about="address")
    assert "電子郵件地址" in shown(story).main
    assert words(shown(story)) == ["取消"]


def test_a_new_address_is_confirmed_first():
    story = _confirming()
    assert story.facts[0] == AddressGiven(message_id="M1", address=ADDRESS)
    assert ADDRESS in shown(story).main
    assert words(shown(story)) == ["確認寄送", "取消"]


@pytest.mark.parametrize(
    "text",
    [
        *("不是地址", "a@b", "a@@example.com", "a@example.com, b@example.com", "a b@example.com"),
        *("Wang <a@example.com>", "a@example.com\nBcc: b@example.com", "x" * 250 + "@example.com"),
        *("a@[127.0.0.1]", "a@localhost", "mailto:a@example.com b", "@example.com"),
    ],
)
def test_what_is_no_address_is_asked_for_again(text: str):
    story = _asked().when(said(text))
    assert "不像是" in shown(story).main
    assert words(shown(story)) == ["取消"]
    assert isinstance(story.when(said(ADDRESS)).facts[0], AddressGiven)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Wang@EXAMPLE.com", "Wang@example.com"),
        ("a.b+c@mail.example.com.tw", "a.b+c@mail.example.com.tw"),
        ("用戶@例子.台灣", "用戶@例子.台灣"),
    ],
)
def test_an_address_is_kept_in_its_usual_form(text: str, address: str):
    assert parse_address(text) == address


def test_an_address_in_full_width_is_understood():
    given_to = _asked().when(said("ｗａｎｇ＠ｅｘａｍｐｌｅ．ｃｏｍ")).facts[0]
    assert given_to == AddressGiven(message_id="", address=ADDRESS)


@pytest.mark.parametrize("yes", ["確認", "確認寄送", "是", "好", "對", "yes", "OK", "Y"])
def test_a_yes_sends_the_leaflet_with_its_sources(yes: str):
    _confirming().when(said(yes, at=1)).then(
        WorkStarted(
            request_id=request_of(7),
            turn_id="input-7",
            answer_by=after(111),
            message_id="M1",
            recipient=NURSE,
        ),
        AddressConfirmed(message_id="M1", address=ADDRESS),
        EmailRequested(
            request_id=request_of(7),
            answer_by=after(111),
            address=ADDRESS,
            leaflet=LEAFLET,
            references=(SOURCE,),
        ),
    )


def test_the_translation_goes_along():
    story = with_leaflet().when(said("翻譯")).when(said("英文")).when(leaflet(6, "Diabetes"))
    asked = story.when(said("寄送")).when(said(ADDRESS)).when(said("好")).facts[-1]
    assert isinstance(asked, EmailRequested)
    assert (asked.leaflet, asked.translation, asked.language) == (LEAFLET, "Diabetes", "英文")


def test_the_user_is_told_where_it_went():
    story = _mailed()
    assert story.facts[0] == ResultApplied(request_id=request_of(7))
    assert f"已寄到 {ADDRESS}" in shown(story).main
    assert words(shown(story)) == ACTIONS


def test_the_next_mail_to_the_same_address_goes_at_once():
    story = _mailed().when(said("寄送", at=2)).when(said("WANG@example.com", at=3))
    assert isinstance(story.facts[-1], EmailRequested)


def test_an_address_that_was_used_before_is_offered():
    offered = _mailed().when(said("寄送", at=2))
    assert words(shown(offered)) == [ADDRESS, "取消"]


def test_a_long_address_is_offered_under_a_short_label():
    long = "a-rather-long-name@hospital.example.com"
    story = _asked().when(said(long)).when(said("好")).when(mailed(7)).when(said("寄送"))
    choice = shown(story).choices[0]
    assert (choice.text, len(choice.label)) == (long, 20)


def test_addresses_are_not_offered_to_a_whole_group():
    story = _mailed()
    in_group = Recipient(user=NURSE.user, group="G1")
    answer = shown(story.when(said("寄送", at=2, recipient=in_group)))
    assert words(answer) == ["取消"]


def test_confirmed_addresses_survive_a_new_conversation():
    story = _mailed().when(said("新對話")).when(said("衛教")).when(said("流感"))
    story = _again(story.when(leaflet(11)))
    assert isinstance(story.facts[-1], EmailRequested)


def test_the_last_twenty_addresses_are_remembered():
    story = with_leaflet()
    for number in range(21):
        story.when(said("寄送")).when(said(f"user{number}@example.com")).when(said("好"))
        story.when(mailed(7 + 4 * number))
    assert len(story.state.confirmed) == 20
    story.when(said("寄送")).when(said("user0@example.com"))
    assert isinstance(story.facts[0], AddressGiven)


def test_another_address_instead_of_a_yes_is_confirmed_in_its_turn():
    story = _confirming().when(said("lee@example.com", message="M2"))
    assert story.facts[0] == AddressGiven(message_id="M2", address="lee@example.com")
    asked = story.when(said("好")).facts[-1]
    assert isinstance(asked, EmailRequested)
    assert asked.address == "lee@example.com"


def test_neither_a_yes_nor_an_address_asks_again_and_sends_nothing():
    story = _confirming().when(said("等一下"))
    assert "還沒有寄出" in shown(story).main
    assert words(shown(story)) == ["確認寄送", "取消"]


@pytest.mark.parametrize("story", [_asked(), _confirming()])
def test_cancel_leaves_the_leaflet_as_it_was(story: Tale):
    story.when(said("取消"))
    assert story.facts[0] == QuestionDropped()
    assert words(shown(story)) == ACTIONS


@pytest.mark.parametrize("story", [_asked, _confirming])
@pytest.mark.parametrize(
    ("word", "says"), [("修改", "怎麼修改"), ("翻譯", "哪種語言"), ("新對話", "選擇功能")]
)
def test_other_commands_still_work_while_asking(story: Callable[[], Tale], word: str, says: str):
    assert says in shown(story().when(said(word))).main


@pytest.mark.parametrize("story", [_asked, _confirming])
def test_help_while_asking_keeps_the_question(story: Callable[[], Tale]):
    tale = story().when(said("說明"))
    assert "取消" in words(shown(tale))
    assert isinstance(tale.when(said("lee@example.com")).facts[0], AddressGiven)


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("refused", "確認地址是否正確"),
        ("capped", "明天"),
        ("off", "沒有開放寄信"),
        ("unknown", "可能已寄出"),
    ],
)
def test_a_mail_that_would_fail_again_offers_no_retry(reason: EmailFailureReason, says: str):
    story = _mailing().when(not_mailed(7, reason))
    assert replies(story)[0].outcome == "apologised"
    assert says in shown(story).main
    assert words(shown(story)) == ACTIONS
    assert isinstance(story.when(said("重試")).facts[-1], EducationRequested), "a topic"


@pytest.mark.parametrize("reason", ["unavailable", "late"])
def test_a_mail_that_did_not_go_can_be_retried(reason: EmailFailureReason):
    story = _mailing().when(not_mailed(7, reason))
    assert words(shown(story)) == ["重試", *ACTIONS]
    asked = story.when(said("重試", at=9)).facts[-1]
    assert isinstance(asked, EmailRequested)
    assert (asked.address, asked.request_id) == (ADDRESS, request_of(9))


def test_an_address_without_mail_is_asked_for_again():
    story = _mailing().when(not_mailed(7, "undeliverable"))
    assert replies(story)[0].outcome == "apologised"
    assert "網域不收" in shown(story).main
    assert words(shown(story)) == ["取消"]
    assert isinstance(story.when(said("lee@example.com")).facts[0], AddressGiven)


def test_an_address_without_mail_is_neither_offered_nor_taken_at_once_again():
    story = _mailing().when(not_mailed(7, "undeliverable")).when(said("取消"))
    assert words(shown(story.when(said("寄送", at=2)))) == ["取消"]
    assert isinstance(story.when(said(ADDRESS, at=3)).facts[0], AddressGiven)


def test_a_mail_without_word_of_its_outcome_is_never_sent_twice():
    story = _mailing().when(silence(7))
    assert "可能已寄出" in shown(story).main
    assert words(shown(story)) == ACTIONS


def test_stop_says_that_the_mail_may_be_out():
    story = _mailing().when(said("停止", at=2))
    assert "可能已經寄出" in replies(story)[0].answer.main


def test_an_address_taken_back_is_forgotten_and_asked_for_again():
    story = _confirming().when(unsent("M1"))
    assert ADDRESS.encode() not in encode_state(story.state)
    assert "不像是" in shown(story.when(said("好"))).main


def test_an_address_taken_back_while_its_mail_is_made_ends_the_work():
    story = _mailing().when(unsent("M1"))
    assert isinstance(story.facts[1], RequestCancelled)
    assert "可能已經寄出" in shown(story).main
    assert ADDRESS.encode() not in encode_state(story.state)


def test_an_address_taken_back_later_is_confirmed_anew():
    story = _again(_mailed().when(unsent("M1")))
    assert isinstance(story.facts[0], AddressGiven)


def test_an_address_that_proves_bad_late_is_held_and_the_next_one_still_counts():
    story = _mailing()
    story.when(time_passes(story))
    story.when(replace(not_mailed(7, "undeliverable"), failed_at=after(60)))
    assert isinstance(story.facts[0], AnswerHeld)
    apology, asked = replies(story.when(said("lee@example.com", at=62)))
    assert "網域不收" in apology.answer.main
    assert words(asked.answer) == ["確認寄送", "取消"]


def test_yes_is_a_topic_where_nobody_asked():
    asked = given(CONVERSATION, said("開始"), said("衛教")).when(said("好")).facts[-1]
    assert isinstance(asked, EducationRequested)
