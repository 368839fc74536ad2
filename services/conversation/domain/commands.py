"""The words that are commands: whole messages only, in whatever width and case they are typed."""

from enum import Enum

from chassis.texts import normalised
from contracts import words

__all__ = ["LONGEST_TEXT", "WORDS", "Command", "command_of", "is_yes", "normalised"]

LONGEST_TEXT = 5_000
"""Characters of a message that we work on: the limit of product.md, and of one LINE bubble."""


class Command(Enum):
    """What a user can ask for with a word."""

    NEW = "new"
    EDUCATION = "education"
    TRANSLATION = "translation"
    MODIFY = "modify"
    TRANSLATE = "translate"
    MAIL = "mail"
    SPEAK = "speak"
    CONTINUE = "continue"
    STOP = "stop"
    HELP = "help"
    RESULT = "result"
    EXPORT = "export"
    ERASE = "erase"
    CONFIRM_ERASE = "confirm_erase"
    RETRY = "retry"


WORDS: dict[Command, tuple[str, ...]] = {
    Command(name): group for name, group in words.WORDS.items()
}
"""Each command and its words, already normalised."""

YES = frozenset({"確認", "確認寄送", "是", "好", "對", "yes", "ok", "y"})
"""What says yes when we asked for one, already normalised; elsewhere these are no commands."""

_COMMANDS = {word: command for command, group in WORDS.items() for word in group}
_LONGEST_WORD = max(map(len, _COMMANDS))


def command_of(text: str) -> Command | None:
    """Return the command that a normalised text is, if it is one."""
    if len(text) > _LONGEST_WORD:
        return None
    return _COMMANDS.get(text.casefold())


def is_yes(text: str) -> bool:
    """Tell whether a normalised text says yes."""
    return text.casefold() in YES
