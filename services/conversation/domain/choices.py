"""The quick replies of each state; their texts are words that can be typed as well."""

from contracts.answer import Choice
from services.conversation.domain.languages import OFFERED, OFFERED_FOR_LEAFLETS
from services.conversation.domain.state import (
    AwaitingAddress,
    AwaitingInstruction,
    AwaitingLanguage,
    AwaitingLeafletLanguage,
    AwaitingTopic,
    ChoosingMode,
    ConfirmingAddress,
    LeafletReady,
    NotStarted,
    Phase,
    Translating,
)
from services.conversation.domain.taps import RESULT_OF

TOPICS: tuple[str, ...] = (
    "糖尿病",
    "高血壓",
    "心臟病",
    "氣喘",
    "過敏",
    "流感",
    "COVID-19",
    "腎臟病",
)


def _same(*words: str) -> tuple[Choice, ...]:
    return tuple(Choice(label=word, text=word) for word in words)


START = _same("開始")
NEW = _same("新對話")
RETRY = _same("重試")
MODES = (Choice(label="衛教", text="衛教"), Choice(label="聊天（醫療翻譯）", text="聊天"))
COMMON_TOPICS = _same(*TOPICS)
WITH_LEAFLET = _same("修改", "翻譯", "寄送", "新對話")
INSTRUCTIONS = _same("更簡短", "用詞更簡單", "加上飲食建議", "加上就醫時機", "取消")
LEAFLET_LANGUAGES = _same(*OFFERED_FOR_LEAFLETS)
LANGUAGES = _same(*OFFERED)
CANCEL = _same("取消")
CONFIRM = _same("確認寄送", "取消")
WITH_SENTENCE = _same("朗讀", "繼續翻譯", "新對話")
WHILE_WORKING = _same("停止", "新對話")
ERASING = _same("確認刪除", "取消")


def seeing(turn_id: str) -> tuple[Choice, ...]:
    """Return what can be tapped while a turn takes its time."""
    wish = Choice(label="看結果", text="看結果", data=RESULT_OF + turn_id)
    return (wish, *_same("停止"))


def choices_of(phase: Phase) -> tuple[Choice, ...]:
    """Return what can be tapped in a state."""
    match phase:
        case NotStarted():
            return START
        case ChoosingMode():
            return MODES
        case AwaitingTopic():
            return COMMON_TOPICS
        case LeafletReady():
            return WITH_LEAFLET
        case AwaitingInstruction():
            return INSTRUCTIONS
        case AwaitingLeafletLanguage():
            return LEAFLET_LANGUAGES
        case AwaitingAddress():
            return CANCEL
        case ConfirmingAddress():
            return CONFIRM
        case AwaitingLanguage():
            return LANGUAGES
        case Translating():
            return WITH_SENTENCE if phase.last else NEW
