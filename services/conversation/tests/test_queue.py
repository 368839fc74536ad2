"""While an answer is made: queueing in order, a full queue, stop and new."""

from chassis.decider_testing import given
from contracts.conversation import EducationRequested, TranslationRequested
from services.conversation.domain.facts import InputIgnored, RequestCancelled, StartedOver
from services.conversation.tests.conversing import (
    CONVERSATION,
    Tale,
    leaflet,
    replies,
    request_of,
    said,
    sentence,
    shown,
    translating,
    with_leaflet,
    words,
)


def _turns(story: Tale) -> list[str]:
    return [reply.turn_id for reply in replies(story)]


def _working() -> Tale:
    return translating().when(said("一", at=1))


def _with_queue(waiting: int) -> Tale:
    story = _working()
    for number in range(waiting):
        story.when(said(f"第{number}句", at=2 + number))
    return story


def test_a_message_while_working_waits_without_a_fact():
    _working().when(said("二", at=2)).then_nothing()


def test_the_next_one_starts_when_the_answer_is_out():
    story = _working().when(said("二", at=2)).when(sentence(4, "一", "one"))
    asked = story.facts[-1]
    assert isinstance(asked, TranslationRequested)
    assert asked.text == "二"


def test_messages_are_taken_in_the_order_in_which_they_were_sent():
    story = _working()
    story.hear(said("三", at=3), said("二", at=2))
    asked = story.when(sentence(4, "一", "one")).facts[-1]
    assert isinstance(asked, TranslationRequested)
    assert asked.text == "二"


def test_messages_sent_at_the_same_moment_are_taken_as_they_came():
    story = translating()
    story.hear(said("二", at=2), said("三", at=2))
    asked = story.when().facts[-1]
    assert isinstance(asked, TranslationRequested)
    assert asked.text == "二"


def test_ten_messages_wait_and_the_eleventh_is_turned_away_kindly():
    story = _with_queue(10)
    assert story.facts == []
    answer = shown(story.when(said("太多", at=99)))
    assert "請稍候" in answer.main
    assert words(answer) == ["停止", "新對話"]
    assert _turns(story) == ["input-15"]


def test_those_that_waited_are_still_answered_after_one_was_turned_away():
    story = _with_queue(10).when(said("太多", at=99))
    for turn in range(4, 15):
        story.when(sentence(turn, "中", "en"))
        assert _turns(story) == [f"input-{turn}"]
    assert story.state.mailbox == ()


def test_stop_answers_every_cancelled_turn_and_then_itself():
    story = _with_queue(2).when(said("停止", at=9))
    cancelled = story.facts[0]
    assert isinstance(cancelled, RequestCancelled)
    assert cancelled.request_id == request_of(4)
    assert _turns(story) == ["input-4", "input-5", "input-6", "input-7"]
    assert "已停止" in replies(story)[-1].answer.main
    assert all("已取消" in reply.answer.main for reply in replies(story)[:-1])


def test_a_cancelled_request_is_named_by_the_event_that_asked_for_it():
    story = _working()
    asked = story.log[-1]
    cancelled = story.when(said("stop", at=9)).facts[0]
    assert isinstance(asked.data, TranslationRequested)
    assert isinstance(cancelled, RequestCancelled)
    assert cancelled.request_event == asked.id


def test_stop_works_although_the_queue_is_full():
    story = _with_queue(10).when(said("取消", at=99))
    assert len(replies(story)) == 12


def test_what_was_said_after_stop_is_still_answered():
    story = translating()
    story.hear(said("一", at=1), said("停止", at=2), said("二", at=3))
    asked = story.when().facts[-1]
    assert _turns(story) == ["input-4", "input-5"]
    assert isinstance(asked, TranslationRequested)
    assert asked.text == "二"


def test_a_result_after_stop_is_never_a_second_answer():
    story = _working().when(said("stop", at=2)).when(sentence(4, "一", "one"))
    story.then(InputIgnored(reason="late"))


def test_the_conversation_goes_on_after_stop():
    story = _working().when(said("stop", at=2)).when(said("二", at=3))
    assert isinstance(story.facts[-1], TranslationRequested)


def test_stop_with_nothing_in_hand_says_so():
    assert "沒有進行中的工作" in shown(with_leaflet().when(said("停止"))).main


def test_new_cancels_what_is_in_hand_and_starts_over():
    story = _with_queue(1).when(said("新對話", at=9))
    assert _turns(story) == ["input-4", "input-5", "input-6"]
    assert any(isinstance(fact, StartedOver) for fact in story.facts)
    assert words(replies(story)[-1].answer) == ["衛教", "聊天"]


def test_work_cancelled_in_education_keeps_the_leaflet():
    story = with_leaflet().when(said("修改")).when(said("更簡短", at=1)).when(said("停止", at=2))
    assert words(replies(story)[-1].answer) == ["修改", "翻譯", "寄送", "新對話"]
    asked = story.when(said("修改")).when(said("更短")).facts[-1]
    assert isinstance(asked, EducationRequested)
    assert asked.task == "modify"


def test_a_queue_that_built_up_unseen_is_decided_in_the_order_of_sending():
    story = given(CONVERSATION)
    story.hear(said("衛教", at=2), said("糖尿病", at=3), said("開始", at=1))
    assert _turns(story.when()) == ["input-3", "input-1"]
    assert _turns(story.when(leaflet(2))) == ["input-2"]
