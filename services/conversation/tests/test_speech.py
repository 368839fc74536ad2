"""Reading the last translation aloud: what is read, once, and what if it can't be."""

from dataclasses import replace

import pytest

from contracts.answer import Audio
from contracts.conversation import SpeechRequested, TranslationRequested
from contracts.education import FailureReason
from contracts.translation import Direction
from services.conversation.domain.facts import (
    AnswerHeld,
    InputIgnored,
    RequestCancelled,
    ResultApplied,
)
from services.conversation.tests.conversing import (
    Tale,
    after,
    audio,
    no_audio,
    replies,
    request_of,
    said,
    sentence,
    shown,
    time_passes,
    translating,
    unsent,
    with_sentence,
    words,
)

ACTIONS = ["朗讀", "繼續翻譯", "新對話"]
KEPT_FOR = 3_600


def _spoken(kept: float = KEPT_FOR) -> Tale:
    """Return a story whose last translation was read aloud, after seven inputs."""
    return with_sentence().when(said("朗讀", at=1)).when(audio(6, kept=kept))


def _translated(language: str, direction: Direction = "from_chinese") -> Tale:
    story = translating(language).when(said("量BP"))
    return story.when(sentence(4, "量血壓", "譯文", direction))


@pytest.mark.parametrize("word", ["朗讀", "SPEAK"])
def test_the_translation_is_read_in_its_language(word: str):
    _, asked = with_sentence().when(said(word, at=1)).facts
    assert asked == SpeechRequested(
        request_id=request_of(6),
        answer_by=after(111),
        text="Check your blood pressure",
        language="英文",
    )


def test_what_a_patient_said_is_read_in_chinese():
    asked = _translated("英文", "into_chinese").when(said("朗讀")).facts[-1]
    assert isinstance(asked, SpeechRequested)
    assert (asked.text, asked.language, asked.reading) == ("量血壓", "中文(繁體)", "")


def test_taigi_is_read_from_the_chinese_text_with_its_romanisation():
    asked = _translated("台語").when(said("朗讀")).facts[-1]
    assert isinstance(asked, SpeechRequested)
    assert (asked.text, asked.language, asked.reading) == ("量血壓", "台語", "譯文")


def test_the_answer_is_the_audio_and_what_can_be_done_next():
    story = with_sentence().when(said("朗讀", at=1)).when(audio(6, "key"))
    assert story.facts[0] == ResultApplied(request_id=request_of(6))
    answer = shown(story)
    assert answer.audio == Audio(object_key="key", duration_ms=1_500)
    assert (answer.content, answer.credit) == ((), "")
    assert "AI" in answer.main
    assert words(answer) == ACTIONS


def test_taigi_speech_names_whose_work_it_is():
    story = _translated("台語").when(said("朗讀")).when(audio(6))
    assert "陽明交通大學" in shown(story).credit
    assert "陽明交通大學" in shown(story.when(said("朗讀"))).credit


def test_chinese_read_aloud_owes_no_credit():
    story = _translated("英文", "into_chinese").when(said("朗讀")).when(audio(6))
    assert shown(story).credit == ""


def test_a_second_time_the_same_audio_serves_at_once():
    story = _spoken()
    before = shown(story)
    story.when(said("朗讀", at=2))
    assert len(story.facts) == 1
    assert shown(story) == before


@pytest.mark.parametrize(("left", "anew"), [(601, False), (600, True), (-5, True)])
def test_audio_about_to_expire_is_made_anew(left: float, *, anew: bool):
    story = _spoken().when(said("朗讀", at=KEPT_FOR - left))
    assert isinstance(story.facts[-1], SpeechRequested) is anew


def test_another_sentence_is_read_anew():
    story = _spoken().when(said("下一句", at=2)).when(sentence(8, "下一句", "next"))
    asked = story.when(said("朗讀", at=3)).facts[-1]
    assert isinstance(asked, SpeechRequested)
    assert asked.text == "next"


def test_a_cleared_sentence_cannot_be_read():
    story = _spoken().when(said("繼續翻譯")).when(said("朗讀"))
    assert "還沒有翻譯" in shown(story).main


def test_speaking_without_a_translation_says_what_is_missing():
    assert "還沒有翻譯" in shown(translating().when(said("朗讀"))).main


def test_a_translation_of_over_5000_characters_is_refused_kindly():
    story = translating().when(said("痛")).when(sentence(4, "痛", "x" * 5_001))
    answer = shown(story.when(said("朗讀")))
    assert "5,000" in answer.main
    assert words(answer) == ACTIONS


@pytest.mark.parametrize(
    "reason", ["unavailable", "blocked", "empty", "malformed", "rejected", "late"]
)
def test_a_failure_is_an_apology_and_can_be_retried(reason: FailureReason):
    story = with_sentence().when(said("朗讀", at=1)).when(no_audio(6, reason))
    assert replies(story)[0].outcome == "apologised"
    assert words(shown(story)) == ["重試", *ACTIONS]
    asked = story.when(said("重試", at=2)).facts[-1]
    assert isinstance(asked, SpeechRequested)
    assert asked.text == "Check your blood pressure"
    assert shown(story.when(audio(8))).audio is not None


@pytest.mark.parametrize(("key", "length"), [("", 1_500), ("key", 0)])
def test_audio_that_nobody_can_play_is_a_failure(key: str, length: int):
    made = audio(6, key, length=length)
    story = with_sentence().when(said("朗讀")).when(made)
    assert replies(story)[0].outcome == "apologised"


def test_stop_while_speaking_keeps_the_translation():
    story = with_sentence().when(said("朗讀", at=1)).when(said("停止", at=2))
    assert words(replies(story)[-1].answer) == ACTIONS
    story.when(audio(6)).then(InputIgnored(reason="late"))
    assert isinstance(story.when(said("朗讀", at=3)).facts[-1], SpeechRequested)


def test_a_sentence_taken_back_is_not_read_aloud():
    story = translating().when(said("量BP", message="M1")).when(sentence(4, "量血壓", "BP"))
    story.when(said("朗讀", at=1, message="M2")).when(unsent("M1"))
    assert isinstance(story.facts[1], RequestCancelled)
    assert "朗讀" not in words(shown(story))


def test_audio_that_comes_late_is_held_and_goes_out_by_the_tap_for_it():
    story = with_sentence().when(said("朗讀", at=1))
    story.when(time_passes(story)).when(replace(audio(6), made_at=after(60)))
    assert isinstance(story.facts[0], AnswerHeld)
    (reply,) = replies(story.when(said("看結果", at=63)))
    assert (reply.turn_id, reply.reply_token) == ("input-6", "token-63")
    assert reply.answer.audio is not None


def test_audio_that_is_held_is_not_made_a_second_time():
    story = with_sentence().when(said("朗讀", at=1))
    story.when(time_passes(story)).when(replace(audio(6), made_at=after(60)))
    first, second = replies(story.when(said("朗讀", at=63)))
    assert first.answer == second.answer


def test_a_sentence_after_the_audio_goes_on_in_the_same_language():
    asked = _spoken().when(said("下一句")).facts[-1]
    assert isinstance(asked, TranslationRequested)
    assert asked.language == "英文"
