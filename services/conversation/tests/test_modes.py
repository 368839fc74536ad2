"""Before a mode is chosen: greeting, welcome, help, the two modes."""

import pytest

from chassis.decider_testing import given
from contracts.gateway import MessageKind, UnknownReceived, UserUnfollowed
from services.conversation.domain.commands import WORDS, Command
from services.conversation.domain.facts import InputIgnored, ModeChosen, StartedOver
from services.conversation.tests.conversing import (
    CONVERSATION,
    START,
    followed,
    replies,
    said,
    sent,
    shown,
    tapped,
    translating,
    with_leaflet,
    words,
)

NO_WORDS: list[MessageKind] = [
    "image",
    "video",
    "file",
    "location",
    "sticker",
    "audio",
    "unknown",
]


@pytest.mark.parametrize("text", ["你好", "糖尿病", "衛教", "stop", "help"])
def test_before_the_start_anything_is_welcomed(text: str):
    answer = shown(given(CONVERSATION).when(said(text)))
    assert "MedEdBot" in answer.main
    assert words(answer) == ["開始"]


@pytest.mark.parametrize("word", [*WORDS[Command.NEW], "NEW", "  開始\n", "Ｎｅｗ", "新對話\u200b"])
def test_start_over_asks_for_a_mode(word: str):
    story = given(CONVERSATION).when(said(word))
    assert isinstance(story.facts[0], StartedOver)
    assert words(shown(story)) == ["衛教", "聊天"]


@pytest.mark.parametrize("word", [*WORDS[Command.EDUCATION], "ED", "ｅｄ"])
def test_education_asks_for_a_topic_and_offers_eight(word: str):
    story = given(CONVERSATION, said("開始")).when(said(word))
    assert story.facts[0] == ModeChosen(mode="education")
    topics = ["糖尿病", "高血壓", "心臟病", "氣喘", "過敏", "流感", "COVID-19", "腎臟病"]
    assert words(shown(story)) == topics
    assert all(topic in shown(story).main for topic in topics)


@pytest.mark.parametrize("word", [*WORDS[Command.TRANSLATION], "Chat"])
def test_translation_asks_for_a_language_and_offers_ten(word: str):
    story = given(CONVERSATION, said("開始")).when(said(word))
    assert story.facts[0] == ModeChosen(mode="translation")
    offered = [
        "中文(繁體)",
        "台語",
        "英文",
        "日文",
        "韓文",
        "泰文",
        "越南文",
        "印尼文",
        "西班牙文",
        "法文",
    ]
    assert words(shown(story)) == offered


@pytest.mark.parametrize("text", ["糖尿病", "修改", "翻譯", "朗讀", "停止", "說明", "重試"])
def test_without_a_mode_anything_else_offers_the_two_modes(text: str):
    answer = shown(given(CONVERSATION, said("開始")).when(said(text)))
    assert words(answer) == ["衛教", "聊天"]
    assert "「衛教」" in answer.main
    assert "「聊天」" in answer.main


@pytest.mark.parametrize("kind", NO_WORDS)
def test_a_message_without_words_gets_a_hint_and_the_choices_of_the_state(kind: MessageKind):
    answer = shown(given(CONVERSATION, said("開始")).when(sent(kind)))
    assert len(answer.main.splitlines()) == 2
    assert words(answer) == ["衛教", "聊天"]


@pytest.mark.parametrize("kind", NO_WORDS)
def test_before_the_start_a_message_without_words_is_led_to_the_start(kind: MessageKind):
    assert words(shown(given(CONVERSATION).when(sent(kind)))) == ["開始"]


def test_an_empty_text_is_told_so():
    assert "沒有文字" in shown(given(CONVERSATION, said("開始")).when(said("   "))).main


def test_a_text_over_5000_characters_is_refused_clearly():
    story = with_leaflet().when(said("長" * 5_001))
    assert "5,000" in shown(story).main
    assert words(shown(story)) == ["修改", "翻譯", "寄送", "新對話"]


def test_a_text_of_5000_characters_is_taken():
    assert replies(with_leaflet().when(said("長" * 5_000))) == []


def test_help_says_what_the_mode_is_for():
    assert "衛教模式" in shown(with_leaflet().when(said("help"))).main
    assert "醫療翻譯模式" in shown(translating().when(said("說明"))).main


def test_a_new_friend_is_greeted():
    answer = shown(given(CONVERSATION).when(followed()))
    assert "謝謝您加入好友" in answer.main
    assert words(answer) == ["開始"]


def test_a_friend_who_comes_back_may_start_or_go_on():
    answer = shown(with_leaflet().when(followed()))
    assert words(answer) == ["開始", "修改", "翻譯", "寄送", "新對話"]


@pytest.mark.parametrize("data", ["開始", "新對話"])
def test_a_tapped_button_with_a_text_of_ours_is_that_text(data: str):
    assert words(shown(given(CONVERSATION).when(tapped(data)))) == ["衛教", "聊天"]


def test_a_tapped_language_is_a_language():
    story = given(CONVERSATION, said("開始"), said("聊天")).when(tapped("越南文"))
    assert "越南文" in shown(story).main


def test_a_tapped_button_that_is_not_ours_gets_a_hint():
    answer = shown(with_leaflet().when(tapped("action=buy&id=7")))
    assert "按鈕" in answer.main


def test_leaving_and_unknown_events_are_recorded_and_never_answered():
    left = UserUnfollowed(webhook_event_id="w", sent_at=START, received_at=START)
    with_leaflet().when(left).then(InputIgnored(reason="unfollowed"))
    unknown = UnknownReceived(webhook_event_id="w", received_at=START, event_type="new")
    with_leaflet().when(unknown).then(InputIgnored(reason="unknown"))


def test_education_while_in_education_keeps_the_leaflet():
    story = with_leaflet().when(said("衛教"))
    assert words(shown(story)) == ["修改", "翻譯", "寄送", "新對話"]


def test_the_other_mode_is_one_word_away():
    assert with_leaflet().when(said("聊天")).facts[0] == ModeChosen(mode="translation")
    assert translating().when(said("衛教")).facts[0] == ModeChosen(mode="education")


def test_new_works_in_every_state():
    for story in (with_leaflet(), translating()):
        assert words(shown(story.when(said("新對話")))) == ["衛教", "聊天"]
