"""Messages over a limit: told once a minute, never worked on, no burden to those that wait."""

from contracts.conversation import TranslationRequested
from services.conversation.domain.facts import (
    InputIgnored,
    RequestCancelled,
    SlowedDown,
    TokenLent,
)
from services.conversation.tests.conversing import (
    Tale,
    replies,
    request_of,
    said,
    sentence,
    shown,
    tapped,
    translating,
    with_leaflet,
    words,
)


def _too_many(at: float = 0) -> Tale:
    return with_leaflet().when(said("流感", at=at, limit="user"))


def test_over_ones_own_limit_one_is_told_kindly_and_keeps_the_choices():
    story = _too_many()
    assert story.facts[0] == SlowedDown()
    assert "太快" in shown(story).main
    assert words(shown(story)) == ["修改", "翻譯", "寄送", "新對話"]


def test_within_a_minute_nobody_is_told_twice():
    story = _too_many().when(said("氣喘", at=59, limit="user"))
    story.then(InputIgnored(reason="over_limit"))


def test_after_a_minute_it_is_said_again():
    story = _too_many().when(said("氣喘", at=60, limit="user"))
    assert story.facts[0] == SlowedDown()


def test_when_all_are_too_many_each_gets_an_apology():
    for at in (1, 2):
        story = with_leaflet().when(said("流感", at=at, limit="all"))
        assert replies(story)[0].outcome == "apologised"
        assert "請過一會兒" in shown(story).main


def test_while_work_is_in_hand_it_is_told_at_once_and_the_queue_is_untouched():
    story = translating().when(said("一", at=1)).when(said("二", at=2))
    story.when(said("三", at=3, limit="user"))
    assert [reply.turn_id for reply in replies(story)] == ["input-6"]
    assert words(shown(story)) == ["停止", "新對話"]
    story.when(said("四", at=4, limit="user")).then(InputIgnored(reason="over_limit"))
    asked = story.when(sentence(4, "一", "one")).facts[-1]
    assert isinstance(asked, TranslationRequested)
    assert asked.text == "二"


def test_stop_is_obeyed_over_the_limit_while_work_is_in_hand():
    story = translating().when(said("一", at=1)).when(said("停止", at=2, limit="user"))
    assert isinstance(story.facts[0], RequestCancelled)
    assert len(replies(story)) == 2


def test_new_over_the_limit_is_told_so_when_nothing_is_in_hand():
    assert with_leaflet().when(said("新對話", limit="user")).facts[0] == SlowedDown()


def test_a_tap_for_a_result_is_taken_over_the_limit_too():
    story = translating().when(said("一", at=1)).when(tapped("result:input-4", 2, "user"))
    story.then(TokenLent(request_id=request_of(4)))


def test_a_tap_on_another_button_counts_like_a_message():
    assert with_leaflet().when(tapped("修改", 0, "user")).facts[0] == SlowedDown()
