"""Answers that take longer than a reply token lives: word of the work, taps, held answers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chassis.decider import derived_id
from contracts.base import Event
from contracts.conversation import DeadlinePassed, ReplyRequested, TranslationRequested
from contracts.translation import TranslationReady
from services.conversation.domain import is_at_rest, overdue, wake_at
from services.conversation.domain.facts import (
    AnswerHeld,
    InputIgnored,
    MessageRedacted,
    ResultApplied,
    TokenLent,
)
from services.conversation.tests.conversing import (
    Tale,
    after,
    followed,
    no_sentence,
    replies,
    request_of,
    said,
    sentence,
    shown,
    silence,
    spoke,
    tapped,
    time_passes,
    transcript,
    translating,
    unsent,
    words,
)

DAY = timedelta(hours=24)
SEE = "result:input-4"


def _working() -> Tale:
    return translating().when(said("量BP", message="M1"))


def _told() -> Tale:
    """Return a story whose user was told that it takes longer, after five inputs."""
    story = _working()
    return story.when(time_passes(story))


def _made(at: float = 60, turn: int = 4) -> TranslationReady:
    return replace(sentence(turn, "量血壓", "BP"), made_at=after(at))


def _held() -> Tale:
    """Return a story whose answer is held, after six inputs."""
    return _told().when(_made())


def test_near_its_end_the_token_is_spent_on_word_of_the_work():
    story = _working()
    assert overdue(story.state, after(39), DAY) is None
    passed = time_passes(story)
    assert (passed.about, passed.passed_at) == ("token", after(40))
    (word,) = replies(story.when(passed))
    assert (word.final, word.turn_id, word.reply_token) == (False, "input-4", "token-0")
    assert word.reply_id != derived_id("input-4", "reply")
    assert "還在處理" in word.answer.main
    assert [choice.data for choice in word.answer.choices] == [SEE, ""]
    assert words(word.answer) == ["看結果", "停止"]


def test_after_the_word_the_deadline_comes_next():
    story = _told()
    assert time_passes(story).about == "answer"
    assert wake_at(story.state, DAY) == after(110)


def test_a_quick_answer_goes_out_by_its_own_token():
    (reply,) = replies(_working().when(_made(at=5)))
    assert (reply.final, reply.reply_token) == (True, "token-0")


@pytest.mark.parametrize("tap", [tapped(SEE, 50), said("看結果", 50), said("Show Result", 50)])
def test_a_tap_or_the_word_lends_its_token_to_the_work(tap: Event):
    story = _told().when(tap)
    story.then(TokenLent(request_id=request_of(4)))
    (reply,) = replies(story.when(_made()))
    assert (reply.turn_id, reply.reply_id) == ("input-4", derived_id("input-4", "reply"))
    assert reply.reply_token in {"tap-50", "token-50"}
    assert (reply.asked_at, reply.token_good_until) == (after(0), after(100))


def test_a_lent_token_runs_out_too_and_is_spent_on_another_word():
    story = _told().when(tapped(SEE, at=50))
    passed = time_passes(story)
    assert passed.passed_at == after(90)
    (word,) = replies(story.when(passed))
    assert (word.final, word.reply_token, word.turn_id) == (False, "tap-50", "input-4")
    assert replies(_told())[0].reply_id != word.reply_id


def test_of_several_taps_the_last_one_lends_its_token():
    story = _told().when(tapped(SEE, at=50), tapped(SEE, at=55))
    assert replies(story.when(_made()))[0].reply_token == "tap-55"


def test_without_a_tap_the_answer_is_held_and_the_conversation_is_free():
    story = _held()
    held, applied = story.facts
    assert isinstance(held, AnswerHeld)
    assert held.until == after(75)
    assert applied == ResultApplied(request_id=request_of(4))
    assert not is_at_rest(story.state)


def test_a_tap_for_a_held_answer_brings_it_at_once():
    story = _held().when(tapped(SEE, at=65))
    lent, reply = story.facts
    assert lent == TokenLent(request_id=request_of(4))
    assert isinstance(reply, ReplyRequested)
    assert (reply.turn_id, reply.reply_token) == ("input-4", "tap-65")
    assert reply.answer.content == ("白話：量血壓", "英文：BP")
    assert is_at_rest(story.state)


def test_a_held_answer_that_nobody_taps_for_is_pushed():
    story = _held()
    passed = time_passes(story)
    assert (passed.about, passed.passed_at) == ("tap", after(75))
    (reply,) = replies(story.when(passed))
    assert (reply.final, reply.reply_token) == (True, "")
    assert is_at_rest(story.state)


def test_another_message_brings_the_held_answer_first():
    story = _held().when(said("二", at=62))
    assert [reply.turn_id for reply in replies(story)] == ["input-4"]
    assert replies(story)[0].reply_token == ""
    assert isinstance(story.facts[-1], TranslationRequested)
    assert story.state.work is not None
    assert story.state.work.said.id == "input-7"


@pytest.mark.parametrize("other", [said("停止", at=62), said("新對話", at=62), followed()])
def test_whatever_the_message_is_the_held_answer_goes_first(other: Event):
    story = _held().when(other)
    assert [reply.turn_id for reply in replies(story)] == ["input-4", "input-7"]


def test_an_apology_is_held_too_but_not_past_120_seconds():
    story = _told().when(silence(4))
    held = story.facts[0]
    assert isinstance(held, AnswerHeld)
    assert (held.outcome, held.until) == ("apologised", after(115))
    (reply,) = replies(story.when(time_passes(story)))
    assert reply.outcome == "apologised"
    assert words(reply.answer) == ["重試", "新對話"]


def test_a_failure_that_was_held_can_be_retried():
    story = _told().when(no_sentence(4)).when(said("重試", at=62))
    assert isinstance(story.facts[-1], TranslationRequested)


@pytest.mark.parametrize("tap", [tapped(SEE, at=90), tapped("result:input-1", at=90)])
def test_a_tap_on_an_old_button_is_told_that_nothing_waits(tap: Event):
    story = _held().when(tapped(SEE, at=65)).when(tap)
    answer = shown(story)
    assert "目前沒有等著要看的結果" in answer.main
    assert words(answer) == ["朗讀", "繼續翻譯", "新對話"]


def test_an_old_button_does_not_lend_its_token_to_other_work():
    story = _working().when(tapped("result:input-3", at=5))
    story.then_nothing()
    assert [reply.turn_id for reply in replies(story.when(_made(at=9)))] == ["input-4", "input-5"]


def test_stop_after_the_word_pushes_its_cancelled_turn_and_answers_itself():
    story = _told().when(said("停止", at=50))
    cancelled, stopped = replies(story)
    assert (cancelled.turn_id, cancelled.reply_token) == ("input-4", "")
    assert (stopped.turn_id, stopped.reply_token) == ("input-6", "token-50")


def test_work_that_began_late_never_spends_the_token():
    story = _working().when(said("二", at=1)).when(_made(at=45))
    assert isinstance(story.facts[-1], TranslationRequested)
    assert time_passes(story).about == "answer"
    (reply,) = replies(story.when(_made(at=47, turn=5)))
    assert (reply.turn_id, reply.reply_token) == ("input-5", "token-1")


def test_a_message_without_a_token_gets_no_word():
    story = translating().when(replace(said("量BP"), reply_token=""))
    assert time_passes(story).about == "answer"


def test_nobody_spends_a_token_that_is_no_longer_good():
    story = _working()
    late = overdue(story.state, after(51), DAY)
    assert late is not None
    story.when(late).then(InputIgnored(reason="late"))
    assert time_passes(story).about == "answer"
    assert replies(story.when(_made()))[0].final


def test_a_conversation_that_nobody_looked_at_for_long_goes_straight_to_the_apology():
    passed = overdue(_working().state, after(300), DAY)
    assert passed is not None
    assert passed.about == "answer"


def test_a_token_is_kept_for_a_result_that_is_there_already():
    story = _working()
    story.hear(time_passes(story), _made(at=40))
    (reply,) = replies(story.when())
    assert (reply.final, reply.reply_token) == (True, "token-0")


def test_a_deadline_of_other_work_spends_nothing():
    stray = DeadlinePassed(request_id="other", passed_at=after(45), about="token")
    _working().when(stray).then(InputIgnored(reason="late"))
    stray = DeadlinePassed(request_id="other", passed_at=after(45), about="tap")
    _held().when(stray).then(InputIgnored(reason="late"))


def test_an_idle_conversation_does_not_expire_while_an_answer_is_held():
    story = _held()
    idle = DeadlinePassed(request_id="idle", passed_at=after(90_000), seen_version=99, about="idle")
    story.when(idle).then(InputIgnored(reason="not_idle"))


def test_a_voice_message_keeps_its_lent_token_over_both_its_requests():
    story = translating().when(spoke())
    story.when(time_passes(story)).when(tapped(SEE, at=50))
    story.when(transcript(4, "痛"))
    (reply,) = replies(story.when(replace(sentence(4, "痛", "pain", request=1), made_at=after(60))))
    assert (reply.turn_id, reply.reply_token) == ("input-4", "tap-50")


def test_an_answer_is_held_after_both_requests_of_a_voice_message():
    story = translating().when(spoke())
    story.when(time_passes(story)).when(transcript(4, "痛"))
    story.when(replace(sentence(4, "痛", "pain", request=1), made_at=after(60)))
    assert isinstance(story.facts[0], AnswerHeld)
    assert replies(story.when(tapped(SEE, at=65)))[0].answer.content[0] == "🎤 痛"


def test_a_message_taken_back_while_its_answer_is_held_is_not_shown():
    story = _held().when(unsent("M1"))
    assert story.facts[0] == MessageRedacted(message_id="M1")
    (reply,) = replies(story)
    assert (reply.turn_id, reply.answer.content) == ("input-4", ())
    assert "已收回" in reply.answer.main


def test_the_message_answered_is_quoted_and_marked_as_read():
    message = replace(said("量BP"), quote_token="q", read_token="r")
    story = translating().when(message)
    (word,) = replies(story.when(time_passes(story)))
    assert (word.quote_token, word.read_token) == ("q", "r")
    (reply,) = replies(story.when(tapped(SEE, at=45)).when(_made()))
    assert (reply.quote_token, reply.read_token) == ("q", "r")
