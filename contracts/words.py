"""The words that are commands: the conversation obeys them, and in a group they call the bot."""

from typing import Literal

CommandName = Literal[
    "new",
    "education",
    "translation",
    "modify",
    "translate",
    "mail",
    "speak",
    "continue",
    "stop",
    "help",
    "result",
    "export",
    "erase",
    "confirm_erase",
    "retry",
]

WORDS: dict[CommandName, tuple[str, ...]] = {
    "new": ("新對話", "開始", "new"),
    "education": ("衛教", "ed", "education"),
    "translation": ("聊天", "醫療翻譯", "chat"),
    "modify": ("修改", "modify"),
    "translate": ("翻譯", "translate", "trans"),
    "mail": ("寄送", "mail"),
    "speak": ("朗讀", "speak"),
    "continue": ("繼續翻譯", "continue"),
    "stop": ("停止", "取消", "stop", "cancel"),
    "help": ("說明", "help"),
    "result": ("看結果", "show result"),
    "export": ("我的資料", "my data"),
    "erase": ("刪除我的資料", "forget me"),
    "confirm_erase": ("確認刪除", "erase now"),
    "retry": ("重試", "retry"),
}
"""Each command and its words, normalised and in lower case: whole messages only."""

NAME = "mededbot"
"""What the bot is called, in lower case: whoever begins with it speaks to the bot."""
