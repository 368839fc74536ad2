"""Every sentence of the conversation that users see: Traditional Chinese as written in Taiwan."""

from services.conversation.domain.choices import TOPICS
from services.conversation.domain.languages import (
    CHINESE,
    OFFERED,
    OFFERED_FOR_LEAFLETS,
    TAIGI,
)
from services.conversation.domain.pending import SaidKind
from services.conversation.domain.state import (
    AwaitingAddress,
    AwaitingInstruction,
    AwaitingLanguage,
    AwaitingLeafletLanguage,
    AwaitingTopic,
    ChoosingMode,
    ConfirmingAddress,
    LeafletReady,
    MailLeaflet,
    NotStarted,
    Phase,
    Task,
    Translating,
    WithLeaflet,
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
SPOKEN = "語音由 AI 合成，重要內容請再次確認。"
TAIGI_CREDIT = "台語語音由國立陽明交通大學（NYCU）的台語語音合成技術提供。"
TOO_LONG_TO_READ = "這段翻譯超過 5,000 字，我沒辦法一次朗讀，請輸入較短的句子。"
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

STILL_WORKING = (
    "還在處理，需要再等一下。完成後請點「看結果」或輸入「看結果」；不想等了請輸入「停止」。"
)
NO_RESULT_WAITING = "目前沒有等著要看的結果，完成的內容都在上面的訊息裡。"
IN_GROUP = "（在群組裡打字回答時，請先提到我，或以「MedEdBot」開頭。）"
INTRODUCTION = (
    "大家好，我是 MedEdBot。我可以製作衛教單張並翻譯成多國語言，也能幫忙翻譯和外語病人的對話。\n"
    "在群組裡，只有提到我、以「MedEdBot」開頭或輸入指令（例如「開始」）的訊息我才會看，"
    "其他對話我不會讀取也不會保存。每個人和我的對話各自獨立。"
)

TOO_MANY = "訊息傳得太快了，這一則就先不處理。請等一分鐘再傳一次。"
BUSY = "很抱歉，現在使用的人太多，這則訊息沒有處理。請過一會兒再傳一次。"

DATA_IN_PRIVATE = "個人資料請加我好友後，在一對一的聊天室裡查詢或刪除，這樣別人才不會看到。"
EXPORTED = "您的資料整理好了。下載連結 24 小時內有效，只給您本人使用，請不要轉傳。"
ERASE_QUESTION = (
    "要刪除我保存的所有資料嗎？包括對話、單張、翻譯、語音、寄送紀錄，以及您在群組裡和我的對話；"
    "刪除後無法復原。\n要刪除請輸入「確認刪除」，不刪除請輸入「取消」。"
)
ERASE_DROPPED = "好，資料都保留著。"
ERASED = "您的資料都刪除了，我這裡不再保留您說過的話。想再使用，隨時可以重新開始。"

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
LANGUAGE_UNKNOWN = "我認不出這個語言名稱。"
VOICE_NEEDS_MODE = "語音訊息要在醫療翻譯模式使用。"
VOICE_NEEDS_LANGUAGE = "請先告訴我要翻譯的語言，再傳語音訊息。"
VOICE_TOO_LONG = "這段語音超過 5 分鐘，我沒辦法一次處理，請分成幾段較短的語音再傳。"
VOICE_FROM_ELSEWHERE = "這段語音不是用 LINE 錄的，我拿不到內容，請直接錄音傳給我，或改用文字。"
ADDRESS_UNKNOWN = "這不像是一個電子郵件地址；一次只能寄到一個地址。"
NO_YES = "我還沒有寄出。"
MAIL_MAY_BE_OUT = "信件可能已經寄出，收不回來。"

HELP = """\
【衛教】輸入「衛教」，再輸入主題。有了單張之後：
・「修改」照您的意思改寫
・「翻譯」翻成其他語言
・「寄送」連同參考來源寄到電子郵件
【醫療翻譯】輸入「聊天」，再選語言，也可以選台語。
・打字或傳語音訊息（5 分鐘以內）都可以
・「朗讀」聽翻譯的語音
・「繼續翻譯」清掉上一句，再翻下一句
【隨時可用】
・「停止」取消進行中的工作
・「新對話」重新開始並選擇功能
・「重試」再做一次沒完成的事
・「看結果」處理較久時，看做好的結果
・「我的資料」取得您的資料，「刪除我的資料」再「確認刪除」就全部刪除
・「說明」再看一次這份說明
緊急狀況請撥 119。"""

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


def about_kind(kind: SaidKind) -> str:
    """Return what to say to a message that is no text; empty when there is nothing to say."""
    return _KINDS.get(kind, "")


def ended(notice: str, task: Task | None) -> str:
    """Return the word that work was ended; of a mail, that it may be out."""
    return f"{notice}\n{MAIL_MAY_BE_OUT}" if isinstance(task, MailLeaflet) else notice


def heard(transcript: str) -> str:
    """Return what a voice message was heard to say."""
    return f"🎤 {transcript}"


def mailed_to(address: str) -> str:
    """Return the word that a leaflet is out."""
    return f"已寄到 {address}。\n沒看到信時，請找找垃圾郵件匣。"


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
        case AwaitingLanguage():
            return f"要和對方用哪種語言溝通？例如{'、'.join(OFFERED)}，其他語言也可以。"
        case Translating(language, last=None):
            return f"請輸入要翻譯的話或傳語音訊息{_either(language)}；要換功能請輸入「新對話」。"
        case Translating():
            return "接下來可輸入「朗讀」「繼續翻譯」「新對話」，或直接輸入下一句、傳語音訊息。"
        case _:
            return _about_leaflet(phase)


def _about_leaflet(phase: WithLeaflet) -> str:
    match phase:
        case LeafletReady():
            return "接下來可輸入「修改」「翻譯」「寄送」「新對話」，或直接輸入新的主題。"
        case AwaitingInstruction():
            return "請告訴我要怎麼修改，例如「更簡短」「加上飲食建議」；不改了請輸入「取消」。"
        case AwaitingLeafletLanguage():
            names = "、".join(OFFERED_FOR_LEAFLETS)
            return f"要翻譯成哪種語言？例如{names}，其他語言也可以；不翻譯了請輸入「取消」。"
        case AwaitingAddress():
            return "要寄到哪個電子郵件地址？請輸入一個地址；不寄了請輸入「取消」。"
        case ConfirmingAddress(address=address):
            return (
                f"要把衛教單張寄到 {address} 嗎？確定請輸入「確認寄送」，"
                "要改地址請直接輸入新的地址，不寄了請輸入「取消」。"
            )


def help_for(phase: Phase) -> str:
    """Return where the user is and all that the bot does, in words that can be typed."""
    return f"{_where(phase)}\n\n{HELP}\n"


def _where(phase: Phase) -> str:
    match phase:
        case NotStarted() | ChoosingMode():
            return WELCOME
        case AwaitingLanguage() | Translating():
            return "現在是醫療翻譯模式：您說的話會改成白話中文並翻成對方的語言，反過來也可以。"
        case _:
            return "現在是衛教模式：輸入主題就會做出附參考來源的衛教單張。"


def _either(language: str) -> str:
    # Taigi is made from Chinese only; for a Chinese reader there is nothing to choose.
    one_way = language == TAIGI or language.startswith("中文")
    return "" if one_way else f"，中文或{language}都可以"
