"""What users are told when something could not be done, and whether to try it again."""

from contracts.conversation import DataTask
from services.conversation.domain.pending import GivenUpReason
from services.conversation.domain.state import MailLeaflet, ReadAloud, ServeData, Task, Transcribe

AGAIN = "可以點「重試」或輸入「重試」再做一次。"
TOO_LATE = "很抱歉，這次花太久時間，沒能完成。"
BROKEN = "很抱歉，系統出了問題，這次沒能完成，已通知管理人員。"
PERHAPS_SENT = (
    "很抱歉，無法確定信件是否寄出，可能已寄出了。"
    "請先確認收件匣和垃圾郵件匣；沒收到的話，請輸入「寄送」再寄一次。"
)

_FAILURES: dict[GivenUpReason, str] = {
    "unavailable": "很抱歉，系統目前忙線，這次沒能完成。",
    "blocked": "很抱歉，AI 基於安全規則無法處理這個內容，請換個說法。",
    "empty": "很抱歉，AI 這次沒有給出內容。",
    "malformed": "很抱歉，AI 這次的回答無法使用。",
    "rejected": "很抱歉，這個內容無法處理，請換個說法或改短一點。",
    "late": TOO_LATE,
    "deadline": TOO_LATE,
    "broken": BROKEN,
    "too_large": "很抱歉，這個內容太長，我沒辦法一次處理，請分成幾段再傳。",
    "gone": "很抱歉，這個內容已經拿不到了，請重新傳一次。",
    "off": "很抱歉，這項服務目前沒有開放，請選其他語言，或洽詢您的系統管理人員。",
}
_VOICE: dict[GivenUpReason, str] = {
    "empty": "很抱歉，我聽不清楚這段語音，請靠近麥克風再說一次，或改用文字。",
    "rejected": "很抱歉，我無法處理這段語音，請再錄一次，或改用文字。",
    "blocked": "很抱歉，AI 基於安全規則無法處理這段語音，請換個說法，或改用文字。",
    "too_large": "很抱歉，這段語音太長，我沒辦法一次處理，請分成幾段較短的語音再傳。",
    "gone": "很抱歉，這段語音已經拿不到了，請再錄一次傳給我。",
}
_SPEECH: dict[GivenUpReason, str] = {
    "unavailable": "很抱歉，朗讀服務目前忙線，請先看文字翻譯。",
    "empty": "很抱歉，這次沒能產生語音，請先看文字翻譯。",
    "malformed": "很抱歉，這次的語音無法使用，請先看文字翻譯。",
    "rejected": "很抱歉，這段文字無法朗讀，請先看文字翻譯。",
    "blocked": "很抱歉，AI 基於安全規則無法朗讀這段文字，請先看文字翻譯。",
    "too_large": "很抱歉，這段文字太長，無法朗讀，請輸入較短的句子。",
}
_MAIL: dict[GivenUpReason, str] = {
    "unavailable": "很抱歉，郵件服務目前忙線，這封信還沒有寄出。",
    "late": "很抱歉，這次花太久時間，這封信沒有寄出。",
    "refused": (
        "很抱歉，對方的郵件伺服器不收這封信。請確認地址是否正確，再輸入「寄送」重寄或改用別的地址。"
    ),
    "capped": "很抱歉，今天寄出的信已達上限，這封信沒有寄出，請明天再輸入「寄送」。",
    "undeliverable": "很抱歉，這個地址的網域不收電子郵件，請確認後再輸入正確的地址。",
    "off": "很抱歉，目前沒有開放寄信，請改用複製文字的方式，或洽詢您的系統管理人員。",
    "unknown": PERHAPS_SENT,
    "deadline": PERHAPS_SENT,
    "broken": PERHAPS_SENT,
}
_DATA: dict[DataTask, str] = {
    "export": "很抱歉，這次沒能整理好您的資料。",
    "erase": "很抱歉，這次沒能刪除，您的資料還在。",
}

# To do the same once more would fail once more, or mail once more.
_FINAL: frozenset[GivenUpReason] = frozenset(
    {"too_large", "gone", "refused", "capped", "undeliverable", "off", "unknown"}
)


def apology(reason: GivenUpReason, task: Task | None = None) -> str:
    """Return what went wrong and what to do about it."""
    what = _about_data(task) or _sentences(task).get(reason) or _FAILURES.get(reason)
    what = what or _MAIL[reason]
    return f"{what}\n{AGAIN}" if can_be_retried(reason, task) else what


def can_be_retried(reason: GivenUpReason, task: Task | None) -> bool:
    """Tell whether the same work may end better; a mail that may be out is not sent again."""
    is_unclear = reason in {"deadline", "broken"} and isinstance(task, MailLeaflet)
    return reason not in _FINAL and not is_unclear


def _about_data(task: Task | None) -> str:
    return _DATA[task.task] if isinstance(task, ServeData) else ""


def _sentences(task: Task | None) -> dict[GivenUpReason, str]:
    match task:
        case Transcribe():
            return _VOICE
        case ReadAloud():
            return _SPEECH
        case MailLeaflet():
            return _MAIL
        case _:
            return {}
