"""The words that are commands: whole messages only, in whatever width and case they are typed."""

from enum import Enum, auto
from unicodedata import normalize

LONGEST_TEXT = 5_000
"""Characters of a message that we work on: the limit of product.md, and of one LINE bubble."""

# Invisible characters that phones and copy-and-paste leave at the ends of a text.
_INVISIBLE = "\x00\u200b\u200c\u200d\u2060\ufeff"


class Command(Enum):
    """What a user can ask for with a word."""

    NEW = auto()
    EDUCATION = auto()
    TRANSLATION = auto()
    MODIFY = auto()
    TRANSLATE = auto()
    MAIL = auto()
    SPEAK = auto()
    CONTINUE = auto()
    STOP = auto()
    HELP = auto()
    EXPORT = auto()
    ERASE = auto()
    RETRY = auto()


WORDS: dict[Command, tuple[str, ...]] = {
    Command.NEW: ("新對話", "開始", "new"),
    Command.EDUCATION: ("衛教", "ed", "education"),
    Command.TRANSLATION: ("聊天", "醫療翻譯", "chat"),
    Command.MODIFY: ("修改", "modify"),
    Command.TRANSLATE: ("翻譯", "translate", "trans"),
    Command.MAIL: ("寄送", "mail"),
    Command.SPEAK: ("朗讀", "speak"),
    Command.CONTINUE: ("繼續翻譯", "continue"),
    Command.STOP: ("停止", "取消", "stop", "cancel"),
    Command.HELP: ("說明", "help"),
    Command.EXPORT: ("我的資料", "my data"),
    Command.ERASE: ("刪除我的資料", "forget me"),
    Command.RETRY: ("重試", "retry"),
}
"""Each command and its words, already normalised."""

YES = frozenset({"確認", "確認寄送", "是", "好", "對", "yes", "ok", "y"})
"""What says yes when we asked for one, already normalised; elsewhere these are no commands."""

_COMMANDS = {word: command for command, words in WORDS.items() for word in words}
_LONGEST_WORD = max(map(len, _COMMANDS))


def normalised(text: str) -> str:
    """Return a text in its compatibility form, without blanks and invisible signs at its ends."""
    # A lone surrogate can't be stored: it becomes a question mark here, not an error later.
    storable = text.encode("utf-8", "replace").decode()
    return _trimmed(normalize("NFKC", storable))


def command_of(text: str) -> Command | None:
    """Return the command that a normalised text is, if it is one."""
    if len(text) > _LONGEST_WORD:
        return None
    return _COMMANDS.get(text.casefold())


def is_yes(text: str) -> bool:
    """Tell whether a normalised text says yes."""
    return text.casefold() in YES


def _trimmed(text: str) -> str:
    shorter = text.strip().strip(_INVISIBLE)
    return shorter if shorter == text else _trimmed(shorter)
