"""Education mode: topic, leaflet, revision, translation, and what is missing for each."""

import pytest

from chassis.decider_testing import given
from contracts.conversation import EducationRequested, ReplyRequested, WorkStarted
from services.conversation.domain.facts import QuestionAsked, QuestionDropped, ResultApplied
from services.conversation.tests.conversing import (
    ANOTHER,
    CONVERSATION,
    LEAFLET,
    NURSE,
    SOURCE,
    Tale,
    after,
    leaflet,
    replies,
    request_of,
    said,
    sent,
    shown,
    with_leaflet,
    words,
)

ACTIONS = ["修改", "翻譯", "寄送", "新對話"]


def _awaiting_topic() -> Tale:
    return given(CONVERSATION, said("開始"), said("衛教"))


def test_a_topic_starts_the_work_for_a_leaflet():
    _awaiting_topic().when(said("糖尿病", at=7)).then(
        WorkStarted(
            request_id=request_of(3), turn_id="input-3", answer_by=after(117), recipient=NURSE
        ),
        EducationRequested(
            request_id=request_of(3), task="generate", answer_by=after(117), source="糖尿病"
        ),
    )


def test_a_leaflet_is_shown_with_its_sources_and_what_can_be_done_with_it():
    story = _awaiting_topic().when(said("糖尿病", at=7)).when(leaflet(3, LEAFLET, SOURCE))
    applied, reply = story.facts
    assert applied == ResultApplied(request_id=request_of(3))
    assert isinstance(reply, ReplyRequested)
    assert (reply.turn_id, reply.mode, reply.outcome) == ("input-3", "education", "answered")
    assert (reply.asked_at, reply.token_good_until) == (after(7), after(57))
    assert (reply.recipient, reply.reply_token) == (NURSE, "token-7")
    assert reply.answer.content == (LEAFLET,)
    assert reply.answer.references == (SOURCE,)
    assert words(reply.answer) == ACTIONS


def test_a_leaflet_is_marked_as_machine_made_and_carries_the_disclaimer():
    main = shown(with_leaflet()).main
    assert "AI 產生" in main
    assert "不能取代醫師" in main
    assert all(f"「{action}」" in main for action in ACTIONS)


def test_modify_asks_how_and_the_next_text_is_the_instruction():
    story = with_leaflet().when(said("修改"))
    assert story.facts[0] == QuestionAsked(about="instruction")
    _, asked = story.when(said("更簡短")).facts
    assert isinstance(asked, EducationRequested)
    assert (asked.task, asked.source, asked.instruction) == ("modify", LEAFLET, "更簡短")


def test_a_revision_replaces_the_content_and_merges_the_sources():
    story = with_leaflet().when(said("修改")).when(said("更簡短"))
    answer = shown(story.when(leaflet(6, "短版", ANOTHER, SOURCE)))
    assert answer.content == ("短版",)
    assert answer.references == (SOURCE, ANOTHER)
    story.when(said("翻譯")).when(said("英文"))
    assert story.facts[1].source == "短版"  # pyright: ignore[reportAttributeAccessIssue]


def test_translate_asks_for_a_language_and_offers_nine():
    story = with_leaflet().when(said("translate"))
    assert story.facts[0] == QuestionAsked(about="language")
    offered = ["中文(繁體)", "英文", "日文", "韓文", "泰文", "越南文", "印尼文", "西班牙文", "法文"]
    assert words(shown(story)) == offered


def test_a_translated_leaflet_is_shown_alone_with_merged_sources():
    story = with_leaflet().when(said("翻譯")).when(said("Vietnamese"))
    asked = story.facts[1]
    assert isinstance(asked, EducationRequested)
    assert (asked.task, asked.source, asked.language) == ("translate", LEAFLET, "越南文")
    answer = shown(story.when(leaflet(6, "Bệnh tiểu đường", ANOTHER)))
    assert answer.content == ("Bệnh tiểu đường",)
    assert answer.references == (SOURCE, ANOTHER)
    assert words(answer) == ACTIONS


def test_a_second_translation_is_made_from_the_original():
    story = with_leaflet().when(said("翻譯")).when(said("越南文")).when(leaflet(6, "Bệnh"))
    asked = story.when(said("翻譯")).when(said("英文")).facts[1]
    assert isinstance(asked, EducationRequested)
    assert asked.source == LEAFLET


def test_taigi_is_refused_politely_for_leaflets_and_the_question_stands():
    story = with_leaflet().when(said("翻譯"))
    answer = shown(story.when(said("臺語")))
    assert "醫療翻譯模式" in answer.main
    assert "台語" not in words(answer)
    assert isinstance(story.when(said("英文")).facts[1], EducationRequested)


def test_a_language_we_cannot_name_is_asked_for_again():
    story = with_leaflet().when(said("翻譯"))
    assert "認不出" in shown(story.when(said("糖尿病"))).main
    assert isinstance(story.when(said("斯瓦希里語")).facts[1], EducationRequested)


@pytest.mark.parametrize("word", ["修改", "翻譯"])
def test_cancel_drops_the_question_and_keeps_the_leaflet(word: str):
    story = with_leaflet().when(said(word)).when(said("取消"))
    assert story.facts[0] == QuestionDropped()
    assert words(shown(story)) == ACTIONS


def test_another_text_is_a_new_topic():
    asked = with_leaflet().when(said("高血壓")).facts[1]
    assert isinstance(asked, EducationRequested)
    assert (asked.task, asked.source) == ("generate", "高血壓")


def test_a_new_leaflet_does_not_keep_the_old_sources():
    story = with_leaflet().when(said("高血壓")).when(leaflet(5, "血壓", ANOTHER))
    assert shown(story).references == (ANOTHER,)


@pytest.mark.parametrize(
    ("word", "missing"), [("修改", "修改"), ("翻譯", "翻譯"), ("寄送", "寄送"), ("mail", "寄送")]
)
def test_without_content_the_bot_says_what_is_missing(word: str, missing: str):
    answer = shown(_awaiting_topic().when(said(word)))
    assert f"還沒有衛教單張可以{missing}" in answer.main
    assert len(words(answer)) == 8


@pytest.mark.parametrize("story", [_awaiting_topic(), with_leaflet()])
def test_speech_belongs_to_translation_mode(story: Tale):
    for asked in (said("朗讀"), sent("audio"), said("繼續翻譯")):
        answer = shown(story.when(asked))
        assert "醫療翻譯模式" in answer.main
        assert "新對話" in words(answer)


def test_a_hint_does_not_start_work():
    assert len(replies(with_leaflet().when(sent("sticker")))) == 1
