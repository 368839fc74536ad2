"""In groups and rooms: an introduction once, choices that are heard, answers that quote."""

from dataclasses import replace

import pytest

from chassis.decider_testing import given
from contracts.conversation import EducationRequested
from contracts.gateway import PostbackReceived
from services.conversation.domain import wake_at
from services.conversation.domain.facts import LanguageChosen
from services.conversation.tests.conversing import (
    CONVERSATION,
    GROUP,
    Tale,
    followed,
    in_group,
    joined,
    replies,
    said,
    shown,
    tapped,
    time_passes,
    words,
)
from services.conversation.tests.test_late import DAY


def _tap(data: str) -> PostbackReceived:
    return replace(tapped(data), recipient=GROUP)


def _talking() -> Tale:
    return given(CONVERSATION, in_group("開始"), in_group("聊天"))


def test_a_group_that_the_bot_joins_gets_one_introduction():
    (reply,) = replies(given(CONVERSATION).when(joined()))
    assert (reply.recipient.group, reply.recipient.user) == ("C-ward", "")
    assert reply.reply_token == "join"
    assert "其他對話我不會讀取也不會保存" in reply.answer.main
    assert words(reply.answer) == ["開始"]


def test_a_group_itself_never_becomes_idle():
    assert wake_at(given(CONVERSATION, joined()).state, DAY) is None


def test_every_choice_in_a_group_comes_back_as_data_and_shows_its_text():
    choices = shown(_talking()).choices
    assert len(choices) == 10
    assert all(choice.data == f"say:{choice.text}" for choice in choices)


@pytest.mark.parametrize("text", ["英文", "越南文"])
def test_a_tapped_choice_in_a_group_is_the_text_it_shows(text: str):
    story = _talking().when(_tap(f"say:{text}"))
    assert story.facts[0] == LanguageChosen(language=text)


def test_an_instruction_can_be_tapped_in_a_group_too():
    story = given(CONVERSATION, in_group("開始"), in_group("衛教")).when(_tap("say:糖尿病"))
    asked = story.facts[-1]
    assert isinstance(asked, EducationRequested)
    assert asked.source == "糖尿病"


def test_who_types_in_a_group_is_told_how_to_be_heard():
    assert "以「MedEdBot」開頭" in shown(_talking()).main
    assert "以「MedEdBot」開頭" not in shown(given(CONVERSATION).when(said("開始"))).main


def test_in_a_direct_chat_choices_are_plain_words():
    choices = shown(given(CONVERSATION).when(said("開始"))).choices
    assert [choice.data for choice in choices] == ["", ""]


def test_the_wish_to_see_a_result_keeps_its_data_in_a_group():
    story = _talking().when(in_group("英文")).when(in_group("量BP"))
    answer = shown(story.when(time_passes(story)))
    assert [choice.data for choice in answer.choices] == ["result:input-4", "say:停止"]


def test_an_answer_in_a_group_quotes_its_question():
    asked = replace(in_group("說明"), quote_token="q")
    assert replies(given(CONVERSATION).when(asked))[0].quote_token == "q"


def test_a_friend_is_greeted_in_many_languages():
    variants = shown(given(CONVERSATION).when(followed())).variants
    languages = [variant.language for variant in variants]
    assert {"en", "ja", "ko", "vi", "id", "th", "fil"} <= set(languages)
    assert len(set(languages)) == len(languages)
    assert all("「開始」" in variant.main for variant in variants)
