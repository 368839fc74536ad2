"""Every row of the product's tables of states and inputs, and what holds for all of them."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from chassis.decider_testing import given
from contracts.base import Event
from contracts.conversation import (
    EducationRequested,
    EmailRequested,
    ReplyRequested,
    SpeechRequested,
    TranscriptionRequested,
    TranslationRequested,
    WorkStarted,
)
from contracts.gateway import MessageKind
from services.conversation.domain.commands import WORDS, Command
from services.conversation.tests.conversing import (
    ANOTHER,
    CONVERSATION,
    LEAFLET,
    SOURCE,
    Tale,
    audio,
    followed,
    leaflet,
    mailed,
    said,
    sent,
    sentence,
    spoke,
    transcript,
    translating,
    with_leaflet,
    with_sentence,
    words,
)

REQUESTS = (
    EducationRequested,
    TranslationRequested,
    TranscriptionRequested,
    SpeechRequested,
    EmailRequested,
)
STATES: dict[str, Callable[[], Tale]] = {
    "not started": lambda: given(CONVERSATION),
    "choosing a mode": lambda: given(CONVERSATION, said("開始")),
    "education, no content": lambda: given(CONVERSATION, said("開始"), said("衛教")),
    "education, content": with_leaflet,
    "education, instruction": lambda: with_leaflet().when(said("修改")),
    "education, language": lambda: with_leaflet().when(said("翻譯")),
    "education, address": lambda: with_leaflet().when(said("寄送")),
    "education, confirming": lambda: with_leaflet().when(said("寄送")).when(said("a@example.com")),
    "education, working": lambda: given(CONVERSATION, said("開始"), said("衛教"), said("流感")),
    "translation, language": lambda: given(CONVERSATION, said("開始"), said("聊天")),
    "translation, ready": translating,
    "translation, sentence": with_sentence,
    "translation, Taigi": lambda: (
        translating("台語").when(said("痛")).when(sentence(4, "痛", "thiànn"))
    ),
    "translation, working": lambda: translating().when(said("量BP")),
}
START = ("開始",)
MODES = ("衛教", "聊天")
TOPICS = ("糖尿病", "高血壓", "心臟病", "氣喘", "過敏", "流感", "COVID-19", "腎臟病")
WITH_CONTENT = ("修改", "翻譯", "寄送", "新對話")
NINE = ("中文(繁體)", "英文", "日文", "韓文", "泰文", "越南文", "印尼文", "西班牙文", "法文")
TEN = ("中文(繁體)", "台語", "英文", "日文", "韓文", "泰文", "越南文", "印尼文", "西班牙文", "法文")
HOW = ("更簡短", "用詞更簡單", "加上飲食建議", "加上就醫時機", "取消")
CANCEL = ("取消",)
YES_OR_NO = ("確認寄送", "取消")
NEW = ("新對話",)
WITH_SENTENCE = ("朗讀", "繼續翻譯", "新對話")


@dataclass(frozen=True, kw_only=True)
class Row:
    """What is heard in a state, in this order, and what the last of it brings about."""

    state: str
    hears: tuple[Event, ...]
    shows: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    asks: type[Event] | None = None

    def __str__(self) -> str:
        """Return the row's name in a test report."""
        heard = " + ".join(getattr(event, "text", "") or event.NAME for event in self.hears)
        return f"{self.state}: {heard[:40]}"


def answers(state: str, heard: str | Event, choices: tuple[str, ...], *shows: str) -> Row:
    """Return a row whose input is answered at once."""
    hears = (said(heard) if isinstance(heard, str) else heard,)
    return Row(state=state, hears=hears, choices=choices, shows=shows)


def works(state: str, heard: str | Event, asks: type[Event]) -> Row:
    """Return a row whose input asks a worker."""
    hears = (said(heard) if isinstance(heard, str) else heard,)
    return Row(state=state, hears=hears, asks=asks)


def ends(state: str, hears: tuple[Event, ...], choices: tuple[str, ...], *shows: str) -> Row:
    """Return a row whose input is answered by what workers make of it."""
    return Row(state=state, hears=hears, choices=choices, shows=shows)


ROWS: list[Row] = [
    # Before and at the choice of a mode.
    answers("not started", "你好", START, "MedEdBot", "「開始」"),
    answers("not started", "衛教", START, "MedEdBot"),
    answers("not started", "開始", MODES, "「衛教」", "「聊天」"),
    answers("not started", followed(), START, "謝謝您加入好友"),
    answers("choosing a mode", "衛教", TOPICS, "衛教主題"),
    answers("choosing a mode", "聊天", TEN, "哪種語言"),
    answers("choosing a mode", "糖尿病", MODES, "「衛教」", "「聊天」"),
    # Education.
    works("education, no content", "糖尿病", EducationRequested),
    ends(
        "education, no content",
        (said("糖尿病"), leaflet(3, LEAFLET, SOURCE)),
        WITH_CONTENT,
        *(LEAFLET, SOURCE.url, "不能取代醫師"),
    ),
    answers("education, no content", "修改", TOPICS, "還沒有衛教單張可以修改"),
    answers("education, no content", "翻譯", TOPICS, "還沒有衛教單張可以翻譯"),
    answers("education, no content", "寄送", TOPICS, "還沒有衛教單張可以寄送"),
    answers("education, content", "修改", HOW, "怎麼修改"),
    works("education, instruction", "更簡短", EducationRequested),
    ends(
        "education, instruction",
        (said("更簡短"), leaflet(6, "短版", ANOTHER)),
        WITH_CONTENT,
        *("短版", SOURCE.url, ANOTHER.url),
    ),
    answers("education, content", "翻譯", NINE, "哪種語言"),
    works("education, language", "越南語", EducationRequested),
    ends(
        "education, language",
        (said("英文"), leaflet(6, "Diabetes", ANOTHER)),
        WITH_CONTENT,
        *("Diabetes", SOURCE.url, ANOTHER.url),
    ),
    answers("education, language", "台語", NINE, "醫療翻譯模式"),
    answers("education, content", "寄送", CANCEL, "電子郵件地址"),
    answers("education, address", "nobody", CANCEL, "不像是"),
    answers("education, address", "b@example.com", YES_OR_NO, "b@example.com"),
    works("education, confirming", "確認寄送", EmailRequested),
    ends("education, confirming", (said("好"), mailed(7)), WITH_CONTENT, "已寄到 a@example.com"),
    works("education, content", "高血壓", EducationRequested),
    answers("education, content", "朗讀", (*NEW, *WITH_CONTENT[:3]), "醫療翻譯模式"),
    answers("education, content", spoke(), (*NEW, *WITH_CONTENT[:3]), "醫療翻譯模式"),
    answers("education, no content", "朗讀", (*NEW, *TOPICS), "醫療翻譯模式"),
    answers("education, no content", spoke(), (*NEW, *TOPICS), "醫療翻譯模式"),
    # Translation.
    answers("translation, language", "English", NEW, "英文", "語音"),
    answers("translation, language", "臺語", NEW, "台語"),
    answers("translation, language", "你好嗎", TEN, "認不出"),
    works("translation, ready", "量BP", TranslationRequested),
    ends(
        "translation, ready",
        (said("量BP"), sentence(4, "量血壓", "Check it")),
        WITH_SENTENCE,
        *("白話：量血壓", "英文：Check it"),
    ),
    ends(
        "translation, ready",
        (said("It hurts"), sentence(4, "我會痛", "It hurts", "into_chinese")),
        WITH_SENTENCE,
        "中文：我會痛",
    ),
    works("translation, ready", spoke(), TranscriptionRequested),
    ends(
        "translation, ready",
        (spoke(), transcript(4, "量BP"), sentence(4, "量血壓", "Check it", request=1)),
        WITH_SENTENCE,
        *("🎤 量BP", "白話：量血壓", "英文：Check it"),
    ),
    answers("translation, ready", "朗讀", NEW, "還沒有翻譯"),
    works("translation, sentence", "朗讀", SpeechRequested),
    ends("translation, sentence", (said("朗讀"), audio(6)), WITH_SENTENCE, "語音由 AI 合成"),
    ends(
        "translation, sentence",
        (said("朗讀"), audio(6), said("朗讀")),
        WITH_SENTENCE,
        "語音由 AI 合成",
    ),
    works("translation, Taigi", "朗讀", SpeechRequested),
    ends("translation, Taigi", (said("朗讀"), audio(6)), WITH_SENTENCE, "NYCU"),
    answers("translation, sentence", "繼續翻譯", NEW, "我們繼續", "中文或英文"),
    answers("translation, sentence", "修改", ("新對話", "朗讀", "繼續翻譯"), "衛教模式"),
    # The wrong place for a voice message.
    answers("not started", spoke(), START, "醫療翻譯模式"),
    answers("choosing a mode", spoke(), MODES, "醫療翻譯模式"),
    answers("translation, language", spoke(), TEN, "語言"),
    # Everywhere.
    answers("education, working", "新對話", MODES, "已開始新對話"),
    answers("translation, working", "新對話", MODES, "已開始新對話"),
    answers("education, content", "停止", WITH_CONTENT, "沒有進行中的工作"),
    answers("translation, sentence", "說明", WITH_SENTENCE, "【衛教】", "【醫療翻譯】"),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_row_of_the_product(row: Row):
    story = STATES[row.state]()
    for event in row.hears:
        story.when(event)
    asked = [type(fact) for fact in story.facts if isinstance(fact, REQUESTS)]
    assert asked == ([row.asks] if row.asks else [])
    if row.asks is None:
        _is_shown(story, row)


def _is_shown(story: Tale, row: Row) -> None:
    # The turn that asked is answered last, after those that it cancelled.
    answer = [fact for fact in story.facts if isinstance(fact, ReplyRequested)][-1].answer
    urls = (source.url for source in answer.references)
    seen = "\n".join((answer.credit, *answer.content, *urls, answer.main))
    assert [each for each in row.shows if each not in seen] == []
    assert sorted(words(answer)) == sorted(row.choices)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("word", [word for group in WORDS.values() for word in group])
def test_every_command_in_every_state_is_answered_worked_on_or_queued(state: str, word: str):
    story = STATES[state]()
    busy = story.state.work is not None
    story.when(said(word, at=9))
    answered = sum(isinstance(fact, ReplyRequested) for fact in story.facts)
    started = sum(isinstance(fact, WorkStarted) for fact in story.facts)
    if busy:
        ended = story.state.work is None
        assert (answered, started) == ((2, 0) if ended else (0, 0))
    else:
        assert answered + started == 1


@pytest.mark.parametrize("state", [state for state in STATES if "working" not in state])
@pytest.mark.parametrize(
    "kind", ["image", "video", "file", "location", "sticker", "unknown", "audio"]
)
def test_no_kind_of_message_meets_silence(state: str, kind: MessageKind):
    story = STATES[state]().when(sent(kind))
    assert (
        len([fact for fact in story.facts if isinstance(fact, ReplyRequested | WorkStarted)]) == 1
    )


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("word", WORDS[Command.NEW])
def test_new_starts_over_from_every_state(state: str, word: str):
    story = STATES[state]().when(said(word, at=9))
    last = [fact for fact in story.facts if isinstance(fact, ReplyRequested)][-1]
    assert words(last.answer) == list(MODES)


def test_every_state_is_left_and_entered_as_the_table_says():
    assert {row.state for row in ROWS} == set(STATES)
