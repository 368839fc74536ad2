"""Translation mode: a language, sentences both ways, and what is not open yet."""

import pytest

from chassis.decider_testing import given
from contracts.conversation import ReplyRequested, TranslationRequested
from services.conversation.domain.facts import LanguageChosen, SentenceCleared
from services.conversation.tests.conversing import (
    CONVERSATION,
    Tale,
    after,
    request_of,
    said,
    sent,
    sentence,
    shown,
    translating,
    with_sentence,
    words,
)

ACTIONS = ["朗讀", "繼續翻譯", "新對話"]


def _awaiting_language() -> Tale:
    return given(CONVERSATION, said("開始"), said("聊天"))


@pytest.mark.parametrize("name", ["英文", "English", "en", "英語", "ＥＮＧＬＩＳＨ", " english "])
def test_a_language_is_confirmed_by_our_name_for_it(name: str):
    story = _awaiting_language().when(said(name))
    assert story.facts[0] == LanguageChosen(language="英文")
    assert "英文" in shown(story).main
    assert words(shown(story)) == ["新對話"]


def test_a_language_that_is_not_offered_is_taken_too():
    assert _awaiting_language().when(said("緬甸話")).facts[0] == LanguageChosen(language="緬甸文")


@pytest.mark.parametrize("name", ["台語", "臺語", "taiwanese", "Taigi"])
def test_taigi_is_a_language_to_talk_across(name: str):
    story = _awaiting_language().when(said(name))
    assert story.facts[0] == LanguageChosen(language="台語")
    asked = story.when(said("請深呼吸")).facts[1]
    assert isinstance(asked, TranslationRequested)
    assert asked.language == "台語"


def test_a_sentence_in_taigi_is_shown_with_its_romanisation():
    story = translating("台語").when(said("請深呼吸")).when(sentence(4, "請深呼吸", "tshiánn"))
    assert shown(story).content == ("白話：請深呼吸", "台語：tshiánn")


def test_a_language_we_cannot_name_is_asked_for_again():
    answer = shown(_awaiting_language().when(said("你好嗎")))
    assert "認不出" in answer.main
    assert len(words(answer)) == 10


def test_a_sentence_starts_one_request():
    _, asked = translating("越南文").when(said("請空腹8小時", at=3)).facts
    assert asked == TranslationRequested(
        request_id=request_of(4), answer_by=after(113), text="請空腹8小時", language="越南文"
    )


def test_a_translation_shows_plain_chinese_first():
    story = translating().when(said("量BP"))
    story.when(sentence(4, "量血壓", "Check your blood pressure"))
    answer = shown(story)
    assert answer.content == ("白話：量血壓", "英文：Check your blood pressure")
    assert words(answer) == ACTIONS
    assert all(f"「{action}」" in answer.main for action in ACTIONS)
    assert "AI 翻譯" in answer.main


def test_what_a_patient_says_is_shown_in_chinese_first():
    story = translating().when(said("My chest hurts"))
    story.when(sentence(4, "我胸口痛", "My chest hurts", "into_chinese"))
    assert shown(story).content == ("中文：我胸口痛", "英文：My chest hurts")


def test_plain_chinese_for_a_chinese_reader_is_shown_once():
    story = translating("中文").when(said("量BP")).when(sentence(4, "量血壓", "量血壓"))
    assert shown(story).content == ("白話：量血壓",)


@pytest.mark.parametrize("language", ["英文", "日文", "中文(簡體)"])
def test_the_same_text_in_another_language_is_shown_as_that_language(language: str):
    story = translating(language).when(said("CT")).when(sentence(4, "CT", "CT"))
    assert shown(story).content == ("白話：CT", f"{language}：CT")


def test_an_answer_says_which_mode_it_belongs_to():
    reply = with_sentence().facts[1]
    assert isinstance(reply, ReplyRequested)
    assert reply.mode == "translation"


def test_continue_clears_the_last_translation_and_keeps_the_language():
    story = with_sentence().when(said("繼續翻譯"))
    assert story.facts[0] == SentenceCleared()
    assert words(shown(story)) == ["新對話"]
    asked = story.when(said("下一句")).facts[1]
    assert isinstance(asked, TranslationRequested)
    assert asked.language == "英文"


@pytest.mark.parametrize("word", ["朗讀", "繼續翻譯"])
def test_without_a_language_the_bot_says_what_is_missing(word: str):
    answer = shown(_awaiting_language().when(said(word)))
    assert "先選擇語言" in answer.main
    assert len(words(answer)) == 10


@pytest.mark.parametrize("word", ["修改", "翻譯", "寄送"])
def test_commands_of_education_are_explained(word: str):
    answer = shown(translating().when(said(word)))
    assert "衛教模式" in answer.main
    assert "新對話" in words(answer)


def test_a_voice_message_before_the_language_is_led_to_the_language():
    answer = shown(_awaiting_language().when(sent("audio")))
    assert "語言" in answer.main
    assert len(words(answer)) == 10


def test_chat_again_changes_the_language():
    story = translating().when(said("聊天")).when(said("泰文"))
    assert story.facts[0] == LanguageChosen(language="泰文")
