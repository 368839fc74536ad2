"""No result, a late one, a strange one; trying again; messages taken back; idleness."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chassis.decider_testing import given
from contracts.base import Event
from contracts.conversation import DeadlinePassed, EducationRequested, TranslationRequested
from contracts.education import FailureReason
from contracts.notifier import EmailSent, ReplyDelivered
from services.conversation.domain import noted_time, overdue, wake_at
from services.conversation.domain.facts import (
    InputIgnored,
    MessageRedacted,
    RequestCancelled,
    SessionExpired,
    TimeNoted,
    WorkGivenUp,
)
from services.conversation.tests.conversing import (
    CONVERSATION,
    START,
    Tale,
    after,
    leaflet,
    no_leaflet,
    no_sentence,
    replies,
    said,
    sentence,
    shown,
    silence,
    translating,
    unsent,
    with_leaflet,
    with_sentence,
    words,
)

DAY = timedelta(hours=24)


def _working() -> Tale:
    return translating().when(said("量BP", at=0, message="M1"))


def _idle(story: Tale, version: int | None = None) -> DeadlinePassed:
    seen = story.state.version if version is None else version
    return DeadlinePassed(request_id="idle", passed_at=START + DAY, seen_version=seen)


@pytest.mark.parametrize(
    "reason", ["unavailable", "blocked", "empty", "malformed", "rejected", "late"]
)
def test_a_failure_is_one_apology_with_a_retry(reason: FailureReason):
    story = _working().when(no_sentence(4, reason))
    (reply,) = replies(story)
    assert reply.outcome == "apologised"
    assert "很抱歉" in reply.answer.main
    assert words(reply.answer) == ["重試", "新對話"]


def test_silence_is_one_apology_with_a_retry():
    story = _working().when(silence(4))
    assert isinstance(story.facts[0], WorkGivenUp)
    assert words(shown(story)) == ["重試", "新對話"]


def test_a_result_after_the_apology_is_recorded_and_not_sent():
    story = _working().when(silence(4)).when(sentence(4, "量血壓", "BP"))
    story.then(InputIgnored(reason="late"))


@pytest.mark.parametrize("late", [sentence(4, "舊", "old"), no_sentence(4), silence(4)])
def test_what_comes_of_earlier_work_does_not_touch_the_work_in_hand(late: Event):
    story = _working().when(silence(4)).when(said("二", at=1))
    story.when(late).then(InputIgnored(reason="late"))
    answer = shown(story.when(sentence(6, "新", "new")))
    assert answer.content == ("白話：新", "英文：new")


def test_a_deadline_after_the_result_changes_nothing():
    story = _working().when(sentence(4, "量血壓", "BP")).when(silence(4))
    story.then(InputIgnored(reason="late"))


def test_a_second_result_is_ignored():
    story = _working().when(sentence(4, "量血壓", "BP")).when(sentence(4, "別的", "other"))
    story.then(InputIgnored(reason="late"))


def test_of_a_result_and_a_deadline_the_first_counts():
    story = _working().when(sentence(4, "量血壓", "BP"), silence(4))
    assert len(replies(story)) == 1
    assert replies(story)[0].outcome == "answered"


@pytest.mark.parametrize("plain", ["", "  \n"])
def test_a_result_that_says_nothing_is_a_failure(plain: str):
    assert replies(_working().when(sentence(4, plain, "x")))[0].outcome == "apologised"


def test_a_result_of_the_wrong_kind_is_a_failure():
    assert replies(_working().when(leaflet(4)))[0].outcome == "apologised"


@pytest.mark.parametrize("word", ["重試", "Retry"])
def test_retry_starts_the_same_work_under_the_new_turn(word: str):
    story = _working().when(no_sentence(4)).when(said(word, at=5))
    asked = story.facts[-1]
    assert isinstance(asked, TranslationRequested)
    assert (asked.text, asked.answer_by) == ("量BP", after(115))
    assert replies(story.when(sentence(6, "量血壓", "BP")))[0].turn_id == "input-6"


def test_a_failed_revision_can_be_retried_and_keeps_the_leaflet():
    story = with_leaflet().when(said("修改")).when(said("更簡短")).when(no_leaflet(6))
    assert words(shown(story)) == ["重試", "修改", "翻譯", "寄送", "新對話"]
    asked = story.when(said("重試")).facts[-1]
    assert isinstance(asked, EducationRequested)
    assert (asked.task, asked.instruction) == ("modify", "更簡短")


def test_retry_is_a_word_like_any_other_when_nothing_failed():
    asked = translating().when(said("重試")).facts[-1]
    assert isinstance(asked, TranslationRequested)
    assert asked.text == "重試"


def test_retry_is_forgotten_once_another_work_was_done():
    story = _working().when(no_sentence(4)).when(said("二")).when(sentence(6, "二", "two"))
    asked = story.when(said("重試")).facts[-1]
    assert isinstance(asked, TranslationRequested)
    assert asked.text == "重試"


def test_a_hint_in_between_still_offers_the_retry():
    story = _working().when(no_sentence(4)).when(said("", kind="sticker"))
    assert words(shown(story)) == ["重試", "新對話"]


def test_results_nobody_asked_for_are_recorded_and_ignored():
    mailed = EmailSent(request_id="r", sent_at=START)
    with_leaflet().when(mailed).then(InputIgnored(reason="late"))


def test_news_of_a_delivery_is_no_input():
    delivered = ReplyDelivered(reply_id="r", turn_id="t", channel="push", delivered_at=START)
    with_leaflet().when(delivered).then_nothing()


def test_a_message_taken_back_while_worked_on_ends_the_work():
    story = _working().when(unsent("M1"))
    assert story.facts[0] == MessageRedacted(message_id="M1")
    assert isinstance(story.facts[1], RequestCancelled)
    assert "已收回" in shown(story).main


def test_a_message_taken_back_while_it_waits_is_not_worked_on():
    story = _working().when(said("秘密", at=1, message="M2")).when(unsent("M2"))
    story.then(MessageRedacted(message_id="M2"))
    story.when(sentence(4, "量血壓", "BP"))
    assert "已收回" in replies(story)[-1].answer.main


def test_a_message_that_comes_after_it_was_taken_back_is_not_worked_on():
    story = translating().when(unsent("M9")).when(said("秘密", message="M9"))
    assert "已收回" in shown(story).main


def test_what_was_taken_back_cannot_be_retried():
    story = _working().when(no_sentence(4)).when(unsent("M1")).when(said("重試"))
    asked = story.facts[-1]
    assert isinstance(asked, TranslationRequested)
    assert asked.text == "重試"


def test_an_idle_conversation_expires():
    story = with_leaflet()
    story.when(_idle(story)).then(SessionExpired())
    assert words(shown(story.when(said("糖尿病")))) == ["開始"]


def test_a_conversation_does_not_expire_while_work_is_in_hand():
    story = _working()
    story.when(_idle(story)).then(InputIgnored(reason="not_idle"))


def test_a_conversation_that_heard_something_meanwhile_does_not_expire():
    story = with_leaflet()
    seen = story.state.version
    story.when(said("說明")).when(_idle(story, seen)).then(InputIgnored(reason="not_idle"))


def test_a_message_that_came_with_the_deadline_keeps_the_conversation():
    story = with_leaflet()
    story.when(_idle(story), said("修改"))
    assert story.facts[0] == InputIgnored(reason="not_idle")


def test_work_in_hand_is_overdue_at_its_deadline_and_not_before():
    story = translating().when(replace(said("量BP"), reply_token=""))
    assert overdue(story.state, after(109), DAY) is None
    passed = overdue(story.state, after(110), DAY)
    assert passed is not None
    assert replies(story.when(passed))[0].outcome == "apologised"


def test_a_deadline_is_put_on_record_once():
    story = _working()
    story.hear(silence(4))
    assert overdue(story.state, after(500), DAY) is None


def test_a_conversation_wakes_for_its_token_then_for_its_expiry_then_never():
    story = _working()
    assert wake_at(story.state, DAY) == after(40)
    story.when(sentence(4, "量血壓", "BP"))
    assert wake_at(story.state, DAY) == START + DAY
    idle = overdue(story.state, START + DAY, DAY)
    assert idle is not None
    story.when(idle).then(SessionExpired())
    assert wake_at(story.state, DAY) is None


def test_a_conversation_that_never_started_does_not_expire():
    assert wake_at(given(CONVERSATION, said("你好")).state, DAY) is None


def test_inputs_that_waited_long_get_their_full_time():
    story = translating()
    story.hear(said("量BP"))
    noted = noted_time(story.state, after(600))
    assert noted == TimeNoted(noted_at=after(600))
    story.hear(TimeNoted(noted_at=after(600)))
    asked = story.when().facts[-1]
    assert isinstance(asked, TranslationRequested)
    assert asked.answer_by == after(710)


def test_the_time_is_not_noted_when_nothing_waits_or_it_is_known():
    assert noted_time(with_sentence().state, after(600)) is None
    story = translating()
    story.hear(said("量BP"))
    assert noted_time(story.state, after(1)) is None
