"""Every sentence of the conversation that users see: Traditional Chinese as written in Taiwan."""

from services.conversation.domain.choices import TOPICS
from services.conversation.domain.languages import CHINESE, OFFERED, OFFERED_FOR_LEAFLETS
from services.conversation.domain.pending import GivenUpReason, SaidKind
from services.conversation.domain.state import (
    AwaitingInstruction,
    AwaitingLanguage,
    AwaitingLeafletLanguage,
    AwaitingTopic,
    ChoosingMode,
    LeafletReady,
    NotStarted,
    Phase,
    Translating,
)

WELCOME = (
    "您好，我是 MedEdBot。我可以製作衛教單張並翻譯成多國語言，也能在您和外語病人之間翻譯對話。"
)
GREETING = "謝謝您加入好友！" + WELCOME
STARTED = "已開始新對話。"

LEAFLET_MADE = (
    "以上內容由 AI 產生，僅供衛教參考，不能取代醫師的診斷與治療；使用前請由醫療人員確認。"
)
SENTENCE_MADE = "以上由 AI 翻譯，重要內容請再次確認。"
SENTENCE_CLEARED = "好，我們繼續。"

DROPPED = "已取消，衛教單張維持原樣。"
NOTHING_TO_STOP = "目前沒有進行中的工作。"
CANCELLED = "已取消，這則訊息不再處理。"
STOPPED = "已停止，處理中和排隊中的訊息都取消了。"
TAKEN_BACK = "您已收回這則訊息，我不會處理它。"
TURNED_AWAY = (
    "請稍候，前面還有 10 則訊息等著處理，這一則就先不收了。\n"
    "請等收到回覆後再傳一次；要取消全部請輸入「停止」，重新來過請輸入「新對話」。"
)

EMPTY = "這則訊息沒有文字內容。"
TOO_LONG = "這則訊息超過 5,000 字，我沒辦法一次處理，請分成幾則較短的訊息再傳。"
NOT_OURS = "這個按鈕已經不能用了。"

LEAFLET_MISSING_TO_MODIFY = "還沒有衛教單張可以修改。"
LEAFLET_MISSING_TO_TRANSLATE = "還沒有衛教單張可以翻譯。"
LEAFLET_MISSING_TO_MAIL = "還沒有衛教單張可以寄送。"
ALREADY_IN_EDUCATION = "現在就是衛教模式。"
MODE_MISSING = "要先選擇功能，才能使用這個指令。"
LANGUAGE_MISSING = "要先選擇語言，才能使用這個指令。"
SENTENCE_MISSING = "還沒有翻譯可以朗讀，請先輸入一句話。"
ONLY_IN_EDUCATION = "「修改」「翻譯」「寄送」是衛教模式的功能，要切換請輸入「新對話」。"
ONLY_IN_TRANSLATION = "語音、「朗讀」和「繼續翻譯」是醫療翻譯模式的功能，要切換請輸入「新對話」。"

TAIGI_ONLY_SPOKEN = "台語請在醫療翻譯模式使用，衛教單張沒有台語版，請選其他語言。"
TAIGI_SOON = "台語翻譯即將開放，目前請先選其他語言。"
LANGUAGE_UNKNOWN = "我認不出這個語言名稱。"
VOICE_SOON = "語音功能即將開放，請先用文字。"
VOICE_NEEDS_MODE = "語音訊息要在醫療翻譯模式使用，而且即將開放，目前請先用文字。"
VOICE_NEEDS_LANGUAGE = "請先用文字告訴我要翻譯的語言；語音功能即將開放。"
SPEECH_SOON = "朗讀功能即將開放，目前請先看文字翻譯。"
MAIL_SOON = "寄送功能即將開放，目前可以先複製上面的文字。"
DATA_SOON = "查詢與刪除個人資料的功能即將開放；您的訊息都以加密方式保存。"
AGAIN = "可以點「重試」或輸入「重試」再做一次。"

_KINDS: dict[SaidKind, str] = {
    "image": "我目前看不懂圖片，請改用文字告訴我。",
    "video": "我目前看不懂影片，請改用文字告訴我。",
    "file": "我目前讀不了檔案，請把文字貼給我。",
    "location": "我目前用不到位置資訊，請改用文字告訴我。",
    "sticker": "收到您的貼圖了，謝謝！",
    "unknown": "我目前看不懂這種訊息，請改用文字告訴我。",
    "postback": NOT_OURS,
    "too_long": TOO_LONG,
    "unsent": TAKEN_BACK,
}

_FAILURES: dict[GivenUpReason, str] = {
    "unavailable": "很抱歉，系統目前忙線，這次沒能完成。",
    "blocked": "很抱歉，AI 基於安全規則無法處理這個內容，請換個說法。",
    "empty": "很抱歉，AI 這次沒有給出內容。",
    "malformed": "很抱歉，AI 這次的回答無法使用。",
    "rejected": "很抱歉，這個內容無法處理，請換個說法或改短一點。",
    "late": "很抱歉，這次花太久時間，沒能完成。",
    "deadline": "很抱歉，這次花太久時間，沒能完成。",
}


def about_kind(kind: SaidKind) -> str:
    """Return what to say to a message that is no text; empty when there is nothing to say."""
    return _KINDS.get(kind, "")


def apology(reason: GivenUpReason) -> str:
    """Return what went wrong and what to do about it."""
    return f"{_FAILURES[reason]}\n{AGAIN}"


def language_chosen(language: str) -> str:
    """Return the confirmation of a language."""
    return f"好，語言是{language}。"


def sentence(plain: str, translation: str, language: str) -> tuple[str, ...]:
    """Return a clinician's sentence in plain Chinese and in the patient's language."""
    # For a reader of Chinese the plain version is the translation: once is enough.
    if language == CHINESE and plain == translation:
        return (f"白話：{plain}",)
    return f"白話：{plain}", f"{language}：{translation}"


def sentence_back(plain: str, original: str, language: str) -> tuple[str, ...]:
    """Return a patient's sentence in Chinese, and what it was in their language."""
    return f"中文：{plain}", f"{language}：{original}"


def prompt(phase: Phase) -> str:
    """Return what can be said next in a state, in words that can be typed."""
    match phase:
        case NotStarted():
            return "請點選或輸入「開始」。"
        case ChoosingMode():
            return "請選擇功能：輸入「衛教」製作衛教單張，輸入「聊天」進行醫療翻譯。"
        case AwaitingTopic():
            return f"請輸入衛教主題，例如{'、'.join(TOPICS)}，其他主題也可以。"
        case LeafletReady():
            return "接下來可輸入「修改」「翻譯」「寄送」「新對話」，或直接輸入新的主題。"
        case AwaitingInstruction():
            return "請告訴我要怎麼修改，例如「更簡短」「加上飲食建議」；不改了請輸入「取消」。"
        case AwaitingLeafletLanguage():
            names = "、".join(OFFERED_FOR_LEAFLETS)
            return f"要翻譯成哪種語言？例如{names}，其他語言也可以；不翻譯了請輸入「取消」。"
        case AwaitingLanguage():
            return f"要和對方用哪種語言溝通？例如{'、'.join(OFFERED)}，其他語言也可以。"
        case Translating(last=None):
            either = "" if phase.language.startswith("中文") else f"，中文或{phase.language}都可以"
            return f"請輸入要翻譯的話{either}；要換功能請輸入「新對話」。"
        case Translating():
            return "接下來可輸入「朗讀」「繼續翻譯」「新對話」，或直接輸入下一句。"


def help_for(phase: Phase) -> str:
    """Return what the bot does in a state."""
    match phase:
        case NotStarted() | ChoosingMode():
            return WELCOME
        case AwaitingLanguage() | Translating():
            return "現在是醫療翻譯模式：您輸入的話會改成白話中文並翻成對方的語言，反過來也可以。"
        case _:
            return "現在是衛教模式：輸入主題就會做出附參考來源的衛教單張，可以再修改和翻譯。"
