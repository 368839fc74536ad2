"""Voice messages: written down, then translated in the same turn; hints everywhere else."""

import pytest

from chassis.decider_testing import given
from contracts.conversation import (
    TranscriptionRequested,
    TranslationRequested,
    WorkStarted,
)
from contracts.education import FailureReason
from services.conversation.domain import encode_state
from services.conversation.domain.facts import (
    InputIgnored,
    MessageRedacted,
    RequestCancelled,
    ResultApplied,
)
from services.conversation.tests.conversing import (
    CONVERSATION,
    NURSE,
    Tale,
    after,
    no_sentence,
    no_transcript,
    replies,
    request_of,
    said,
    sentence,
    shown,
    silence,
    spoke,
    transcript,
    translating,
    unsent,
    with_leaflet,
    words,
)

ACTIONS = ["朗讀", "繼續翻譯", "新對話"]


def _listening() -> Tale:
    """Return a story in which a voice message is being written down."""
    return translating("越南文").when(spoke("V1", at=3))


def _heard() -> Tale:
    """Return a story in which a voice message was written down and is being translated."""
    return _listening().when(transcript(4, "我胸口痛"))


def test_a_voice_message_is_written_down_first():
    _listening().then(
        WorkStarted(
            request_id=request_of(4), turn_id="input-4", answer_by=after(113), recipient=NURSE
        ),
        TranscriptionRequested(
            request_id=request_of(4), message_id="V1", answer_by=after(113), language="越南文"
        ),
    )


def test_what_was_heard_is_translated_in_the_same_turn_and_by_the_same_deadline():
    _heard().then(
        ResultApplied(request_id=request_of(4)),
        WorkStarted(
            request_id=request_of(4, 1),
            turn_id="input-4",
            answer_by=after(113),
            message_id="V1",
            recipient=NURSE,
        ),
        TranslationRequested(
            request_id=request_of(4, 1),
            answer_by=after(113),
            spoken=True,
            text="我胸口痛",
            language="越南文",
        ),
    )


def test_the_transcript_is_shown_with_a_microphone_before_the_translation():
    story = _heard().when(sentence(4, "我胸口痛", "Tôi đau ngực", request=1))
    (reply,) = replies(story)
    assert (reply.turn_id, reply.reply_token) == ("input-4", "token-3")
    assert reply.answer.content == ("🎤 我胸口痛", "白話：我胸口痛", "越南文：Tôi đau ngực")
    assert words(reply.answer) == ACTIONS


def test_what_a_patient_says_aloud_comes_back_in_chinese():
    story = _listening().when(transcript(4, "Tôi đau ngực"))
    story.when(sentence(4, "我胸口痛", "Tôi đau ngực", "into_chinese", request=1))
    assert shown(story).content == ("🎤 Tôi đau ngực", "中文：我胸口痛", "越南文：Tôi đau ngực")


def test_a_typed_sentence_has_no_microphone():
    story = translating().when(said("痛")).when(sentence(4, "痛", "pain"))
    assert "🎤" not in "".join(shown(story).content)


def test_a_spoken_command_is_a_sentence():
    asked = _listening().when(transcript(4, "停止")).facts[-1]
    assert isinstance(asked, TranslationRequested)
    assert asked.text == "停止"


def test_voice_longer_than_five_minutes_is_refused_kindly_at_once():
    answer = shown(translating().when(spoke(duration_ms=300_001)))
    assert "5 分鐘" in answer.main
    assert words(answer) == ["新對話"]


@pytest.mark.parametrize("length", [None, 0, 300_000])
def test_voice_of_five_minutes_or_of_unknown_length_is_taken(length: int | None):
    story = translating().when(spoke(duration_ms=length))
    assert isinstance(story.facts[-1], TranscriptionRequested)


def test_voice_that_line_does_not_hold_is_told_so():
    answer = shown(translating().when(spoke(content_provider="external")))
    assert "不是用 LINE 錄的" in answer.main


@pytest.mark.parametrize("text", ["", " \n\u200b"])
def test_nothing_understood_is_an_apology_with_a_retry(text: str):
    story = _listening().when(transcript(4, text))
    assert "聽不清楚" in shown(story).main
    assert words(shown(story)) == ["重試", "新對話"]


def test_a_transcript_of_over_5000_characters_is_refused_kindly():
    story = _listening().when(transcript(4, "長" * 5_001))
    assert "較短的語音" in shown(story).main
    assert words(shown(story)) == ["新對話"]


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("unavailable", "忙線"),
        ("late", "太久"),
        ("blocked", "安全規則"),
        ("rejected", "再錄一次"),
        ("malformed", "無法使用"),
        ("empty", "聽不清楚"),
    ],
)
def test_a_failure_to_hear_can_be_retried_on_the_same_message(reason: FailureReason, says: str):
    story = _listening().when(no_transcript(4, reason))
    assert says in shown(story).main
    assert words(shown(story))[0] == "重試"
    asked = story.when(said("重試", at=9, message="M2")).facts[-1]
    assert isinstance(asked, TranscriptionRequested)
    assert (asked.message_id, asked.request_id) == ("V1", request_of(6))


@pytest.mark.parametrize(("reason", "says"), [("gone", "再錄一次"), ("too_large", "較短")])
def test_voice_that_cannot_be_had_again_offers_no_retry(reason: FailureReason, says: str):
    story = _listening().when(no_transcript(4, reason))
    assert says in shown(story).main
    assert words(shown(story)) == ["新對話"]


def test_a_failed_translation_of_voice_is_retried_without_hearing_again():
    story = _heard().when(no_sentence(4, request=1)).when(said("重試", at=9))
    asked = story.facts[-1]
    assert isinstance(asked, TranslationRequested)
    assert (asked.text, asked.spoken) == ("我胸口痛", True)
    story.when(sentence(7, "我胸口痛", "Tôi đau ngực"))
    assert shown(story).content[0] == "🎤 我胸口痛"


@pytest.mark.parametrize("story", [_listening(), _heard()], ids=["hearing", "translating"])
def test_silence_at_either_step_is_one_apology(story: Tale):
    apology = replies(story.when(silence(4, request=len(story.facts) // 3)))
    assert [reply.outcome for reply in apology] == ["apologised"]


def test_a_first_request_that_is_done_cannot_pass_its_deadline_any_more():
    _heard().when(silence(4)).then(InputIgnored(reason="late"))


@pytest.mark.parametrize("word", ["停止", "新對話"])
def test_stop_and_new_discard_what_is_heard_later(word: str):
    story = _listening().when(said(word, at=5))
    assert isinstance(story.facts[0], RequestCancelled)
    assert len(replies(story)) == 2
    story.when(transcript(4, "我胸口痛")).then(InputIgnored(reason="late"))


def test_stop_during_the_second_step_cancels_the_second_request():
    story = _heard()
    asked = story.log[-1].id
    cancelled = story.when(said("停止", at=5)).facts[0]
    assert cancelled == RequestCancelled(
        request_id=request_of(4, 1), request_event=asked, turn_id="input-4"
    )


def test_several_voice_messages_keep_their_order():
    story = translating()
    story.hear(spoke("V2", at=5), spoke("V1", at=4), said("打字", at=6))
    asked: list[str] = []
    for turn in (5, 4):
        request = story.when().facts[-1] if not asked else story.facts[-1]
        assert isinstance(request, TranscriptionRequested)
        asked.append(request.message_id)
        story.when(transcript(turn, "痛")).when(sentence(turn, "痛", "đau", request=1))
        assert replies(story)[0].turn_id == f"input-{turn}"
    assert asked == ["V1", "V2"]
    assert isinstance(story.facts[-1], TranslationRequested)


@pytest.mark.parametrize("story", [_listening(), _heard()], ids=["hearing", "translating"])
def test_voice_taken_back_loses_its_work_and_its_words(story: Tale):
    story.when(unsent("V1"))
    assert story.facts[0] == MessageRedacted(message_id="V1")
    assert isinstance(story.facts[1], RequestCancelled)
    assert "已收回" in shown(story).main
    assert "我胸口痛".encode() not in encode_state(story.state)


def test_voice_taken_back_as_it_was_heard_is_not_translated():
    story = _listening().when(transcript(4, "我胸口痛"), unsent("V1"))
    assert isinstance(story.facts[-2], RequestCancelled)
    assert "我胸口痛".encode() not in encode_state(story.state)


def test_voice_taken_back_ends_its_retry_too():
    story = _listening().when(no_transcript(4)).when(said("重試", at=9, message="M2"))
    assert isinstance(story.when(unsent("V1")).facts[1], RequestCancelled)


def test_voice_taken_back_after_its_answer_cannot_be_read_aloud():
    story = _heard().when(sentence(4, "我胸口痛", "Tôi đau ngực", request=1)).when(unsent("V1"))
    assert "還沒有翻譯" in shown(story.when(said("朗讀"))).main


@pytest.mark.parametrize(
    ("story", "says", "choice"),
    [
        (given(CONVERSATION), "醫療翻譯模式", "開始"),
        (given(CONVERSATION, said("開始")), "醫療翻譯模式", "聊天"),
        (given(CONVERSATION, said("開始"), said("聊天")), "語言", "越南文"),
        (given(CONVERSATION, said("開始"), said("衛教")), "醫療翻譯模式", "新對話"),
        (with_leaflet(), "醫療翻譯模式", "新對話"),
        (with_leaflet().when(said("寄送")), "醫療翻譯模式", "新對話"),
    ],
)
def test_voice_in_the_wrong_place_is_explained(story: Tale, says: str, choice: str):
    answer = shown(story.when(spoke()))
    assert says in answer.main
    assert choice in words(answer)
