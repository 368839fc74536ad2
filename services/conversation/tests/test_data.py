"""A user's rights over what is kept: to have it all, and to have it destroyed."""

from dataclasses import fields, replace
from typing import Any

import pytest
from msgspec import structs

from chassis.decider_testing import given
from contracts.base import CloudEvent, personal_fields
from contracts.conversation import (
    DataErased,
    DataExported,
    DataFailed,
    DataRequested,
    DataTask,
    OpenTurn,
    WorkStarted,
)
from services.conversation.domain import INITIAL, evolve, is_at_rest, open_turns
from services.conversation.domain.facts import ErasureAsked, InputIgnored, RequestCancelled
from services.conversation.domain.state import NotStarted
from services.conversation.tests.conversing import (
    CONVERSATION,
    GROUP,
    NURSE,
    START,
    Tale,
    after,
    in_group,
    replies,
    request_of,
    said,
    sentence,
    shown,
    tapped,
    time_passes,
    translating,
    with_leaflet,
    words,
)


def _exporting() -> Tale:
    return with_leaflet().when(said("我的資料"))


def _asked() -> Tale:
    """Return a story whose user was asked whether all is to go, after five inputs."""
    return with_leaflet().when(said("刪除我的資料"))


def _erasing() -> Tale:
    return _asked().when(said("確認刪除", at=2))


def _erased(story: Tale, turn: int = 6) -> DataErased:
    turns = open_turns(story.state)
    return DataErased(request_id=request_of(turn), erased_at=START, recipient=NURSE, turns=turns)


def _failed(task: DataTask, turn: int) -> DataFailed:
    return DataFailed(request_id=request_of(turn), failed_at=START, task=task, reason="unavailable")


@pytest.mark.parametrize("word", ["我的資料", "My Data"])
def test_my_data_is_work_like_any_other(word: str):
    started, asked = with_leaflet().when(said(word)).facts
    assert isinstance(started, WorkStarted)
    assert asked == DataRequested(request_id=request_of(5), task="export", answer_by=after(110))


def test_an_export_is_given_as_a_download():
    key = "export/s/o.json"
    made = DataExported(request_id=request_of(5), made_at=START, object_key=key)
    answer = shown(_exporting().when(made))
    assert answer.download == key
    assert "24 小時" in answer.main
    assert words(answer) == ["修改", "翻譯", "寄送", "新對話"]


def test_an_export_without_an_object_is_a_failure():
    made = DataExported(request_id=request_of(5), made_at=START)
    assert replies(_exporting().when(made))[0].outcome == "apologised"


@pytest.mark.parametrize("word", ["刪除我的資料", "forget me", "確認刪除"])
def test_erasing_asks_for_a_second_word(word: str):
    story = with_leaflet().when(said(word))
    assert story.facts[0] == ErasureAsked()
    assert words(shown(story)) == ["確認刪除", "取消"]
    assert all(f"「{each}」" in shown(story).main for each in words(shown(story)))


@pytest.mark.parametrize("word", ["確認刪除", "Erase Now"])
def test_the_second_word_has_all_destroyed(word: str):
    asked = _asked().when(said(word)).facts[-1]
    assert asked == DataRequested(request_id=request_of(6), task="erase", answer_by=after(110))


def test_cancel_keeps_everything():
    story = _asked().when(said("取消"))
    assert "都保留" in shown(story).main
    assert story.when(said("確認刪除")).facts[0] == ErasureAsked()


@pytest.mark.parametrize("other", ["說明", "修改", "流感", "我的資料"])
def test_the_second_word_counts_only_right_after_the_question(other: str):
    story = _asked().when(said(other))
    story.when(said("停止")) if story.state.work else None
    assert story.when(said("確認刪除")).facts[0] == ErasureAsked()


def test_anything_else_drops_the_question_and_is_treated_as_usual():
    story = _asked().when(said("翻譯"))
    assert "哪種語言" in shown(story).main
    assert story.when(said("確認刪除")).facts[0] == ErasureAsked()


def test_the_question_comes_on_top_of_any_other():
    story = with_leaflet().when(said("修改")).when(said("刪除我的資料")).when(said("取消"))
    assert "怎麼修改" in shown(story).main


def test_after_an_erasure_the_user_is_told_and_can_start_afresh():
    story = _erasing()
    (reply,) = replies(story.when(_erased(story)))
    assert (reply.turn_id, reply.reply_token) == ("input-6", "token-2")
    assert "都刪除了" in reply.answer.main
    assert words(reply.answer) == ["開始"]
    assert story.state.phase == NotStarted()
    assert words(shown(story.when(said("開始")))) == ["衛教", "聊天"]


def test_messages_that_waited_during_an_erasure_are_told_that_they_are_gone():
    story = _erasing().when(said("糖尿病", at=3))
    story.then_nothing()
    gone, waited = replies(story.when(_erased(story)))
    assert (gone.turn_id, waited.turn_id) == ("input-6", "input-7")
    assert "已取消" in waited.answer.main
    assert is_at_rest(story.state)


def test_nothing_of_what_was_before_an_erasure_is_left_in_the_state():
    story = _erasing()
    story.when(_erased(story))
    kept = story.state
    assert kept == structs.replace(INITIAL, version=kept.version, heard=kept.heard, now=kept.now)


def test_an_erasure_from_elsewhere_says_nothing_of_itself_in_a_group():
    story = given(CONVERSATION, in_group("開始"), in_group("衛教"), in_group("流感"))
    elsewhere = DataErased(
        request_id=request_of(99), erased_at=START, recipient=GROUP, turns=open_turns(story.state)
    )
    (reply,) = replies(story.when(elsewhere))
    assert (reply.turn_id, reply.recipient) == ("input-3", GROUP)
    assert "已取消" in reply.answer.main
    assert "資料" not in reply.answer.main


def test_an_erasure_that_owes_nobody_an_answer_is_noted():
    erased = DataErased(request_id="r", erased_at=START)
    with_leaflet().when(erased).then(InputIgnored(reason="unasked"))


def test_a_second_erasure_takes_over_what_the_first_one_still_owed():
    story = _erasing().when(said("糖尿病", at=3))
    story.hear(_erased(story))
    story.hear(_erased(story, turn=0))
    assert [reply.turn_id for reply in replies(story.when())] == ["input-6", "input-7"]


def test_what_is_owed_has_the_token_that_still_works():
    story = translating().when(said("量BP"))
    owed = OpenTurn(turn_id="input-4", received_at=START, reply_token="token-0")
    assert open_turns(story.state) == (owed,)
    story.when(time_passes(story))
    assert [turn.reply_token for turn in open_turns(story.state)] == [""]
    story.when(tapped("result:input-4", at=50))
    assert [turn.reply_token for turn in open_turns(story.state)] == ["tap-50"]


def test_a_held_answer_is_owed_too():
    story = translating().when(said("量BP"))
    story.when(time_passes(story)).when(replace(sentence(4, "量血壓", "BP"), made_at=after(60)))
    assert [turn.turn_id for turn in open_turns(story.state)] == ["input-4"]


@pytest.mark.parametrize(
    ("story", "failed", "told"),
    [
        (_exporting(), _failed("export", 5), "沒能整理"),
        (_erasing(), _failed("erase", 6), "您的資料還在"),
    ],
    ids=["export", "erase"],
)
def test_what_could_not_be_done_can_be_tried_again(story: Tale, failed: DataFailed, told: str):
    (reply,) = replies(story.when(failed))
    assert (reply.outcome, reply.answer.choices[0].text) == ("apologised", "重試")
    assert told in reply.answer.main
    asked = story.when(said("重試")).facts[-1]
    assert isinstance(asked, DataRequested)
    assert asked.task == failed.task


def test_stop_ends_an_erasure_that_has_not_happened():
    assert isinstance(_erasing().when(said("停止", at=3)).facts[0], RequestCancelled)


@pytest.mark.parametrize("word", ["我的資料", "刪除我的資料", "確認刪除"])
def test_in_a_group_the_user_is_sent_to_the_direct_chat(word: str):
    assert "一對一" in shown(given(CONVERSATION).when(in_group(word))).main


def _destroyed(event: CloudEvent[Any]) -> CloudEvent[Any]:
    """Return an event as it reads without its key: every personal field at its default."""
    names = personal_fields(type(event.data))
    blank = {each.name: each.default for each in fields(event.data) if each.name in names}
    return replace(event, data=replace(event.data, **blank))


def test_a_log_without_its_key_reads_and_ends_like_the_one_with_it():
    story = _erasing().when(said("糖尿病", at=3))
    story.when(_erased(story)).when(said("開始", at=9))
    erased = next(e.version for e in story.log if isinstance(e.data, DataErased))
    state = INITIAL
    for event in story.log:
        state = evolve(state, _destroyed(event) if event.version < erased else event)
    assert state == story.state
