"""What nobody could handle: an apology at once, and the conversation goes on."""

import pytest

from contracts.base import Event
from contracts.conversation import DataErased, OpenTurn
from services.conversation.domain.apologies import BROKEN, PERHAPS_SENT
from services.conversation.domain.facts import (
    AnswerHeld,
    InputAbandoned,
    InputIgnored,
    WorkGivenUp,
)
from services.conversation.tests.conversing import (
    NURSE,
    START,
    Tale,
    leaflet,
    parked,
    replies,
    request_of,
    said,
    sentence,
    shown,
    silence,
    time_passes,
    translating,
    unsent,
    with_leaflet,
    with_sentence,
    words,
)


def _working() -> Tale:
    return translating().when(said("量BP"))


def _request(story: Tale) -> str:
    assert story.state.work is not None
    return story.state.work.request_event


def test_a_request_that_was_given_up_is_one_apology_with_a_retry():
    story = _working()
    story.when(parked(_request(story)))
    (reply,) = replies(story)
    assert (reply.outcome, reply.turn_id) == ("apologised", "input-4")
    assert reply.answer.main.startswith(BROKEN)
    assert words(reply.answer) == ["重試", "新對話"]


def test_it_is_settled_and_may_be_tried_again():
    story = _working()
    request = _request(story)
    given_up = story.when(parked(request)).facts[0]
    assert isinstance(given_up, WorkGivenUp)
    assert (given_up.request_event, given_up.reason) == (request, "broken")


def test_a_result_after_that_apology_is_no_second_answer():
    story = _working()
    story.when(parked(_request(story))).when(sentence(4, "量血壓", "BP"))
    story.then(InputIgnored(reason="late"))


def test_a_request_that_is_answered_already_is_not_apologised_for():
    story = _working()
    request = _request(story)
    story.when(sentence(4, "量血壓", "BP")).when(parked(request))
    story.then(InputIgnored(reason="late"))


def test_nobody_knows_whether_a_mail_that_was_given_up_is_out():
    story = with_leaflet()
    for text in ("寄送", "a@example.com", "好"):
        story.when(said(text))
    story.when(parked(_request(story)))
    assert shown(story).main.startswith(PERHAPS_SENT)
    assert "重試" not in words(shown(story))


def test_an_apology_whose_token_is_spent_is_held_like_any_answer():
    story = _working()
    request = _request(story)
    story.when(time_passes(story)).when(parked(request))
    assert [type(fact) for fact in story.facts] == [AnswerHeld, WorkGivenUp]


def test_words_that_nobody_could_decide_are_apologised_for_and_leave_the_mailbox():
    story = with_leaflet()
    story.hear(said("糖尿病"), said("修改"), parked("input-5"))
    story.when()
    first, second = replies(story)
    assert story.facts[0] == InputAbandoned(input_id="input-5")
    assert (first.turn_id, first.outcome) == ("input-5", "apologised")
    assert (second.turn_id, second.outcome) == ("input-6", "answered")
    assert story.state.mailbox == ()


def test_a_result_that_nobody_could_apply_ends_its_work():
    story = _working()
    story.hear(sentence(4, "量血壓", "BP"), parked("input-5"))
    story.when()
    assert story.facts[0] == InputAbandoned(input_id="input-5")
    assert [reply.outcome for reply in replies(story)] == ["apologised"]
    assert story.state.work is None


@pytest.mark.parametrize("news", [unsent("M9"), silence(1), leaflet(1)])
def test_news_that_nobody_waits_for_is_dropped_without_a_word(news: Event):
    story = with_sentence()
    story.hear(news, parked("input-6"))
    story.when().then(InputAbandoned(input_id="input-6"))


def test_after_an_erasure_those_who_are_owed_an_answer_get_it():
    story = _working()
    owed = (OpenTurn(turn_id="input-4", received_at=START),)
    asked = request_of(4)
    story.hear(DataErased(request_id=asked, erased_at=START, recipient=NURSE, turns=owed))
    story.hear(parked("input-5"))
    assert [reply.turn_id for reply in replies(story.when())] == ["input-4"]


def test_an_answer_that_is_held_goes_out_before_the_apology():
    story = _working()
    story.when(time_passes(story)).when(sentence(4, "量血壓", "BP"))
    story.hear(said("二", at=60), parked("input-7"))
    assert [reply.turn_id for reply in replies(story.when())] == ["input-4", "input-7"]


@pytest.mark.parametrize("name", ["input-1", "input-99"])
def test_what_is_decided_or_unknown_is_ignored(name: str):
    with_leaflet().when(parked(name)).then(InputIgnored(reason="late"))
