"""Bugs for a running system: Python imports this file of its own accord where PYTHONPATH has it.

A function of the product raises when its argument holds a word of the file of the bug's name in
the folder BUGS. Taking the word out is the fix. The product knows nothing of all this.
"""

import os
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

Function = Callable[..., Any]
PLACES = {
    "conversation": ("services.conversation.domain.decide", "_decided", 0),
    "education": ("services.education.handlers", "result_of", 0),
    "translation": ("services.translation.handlers", "result_of", 0),
    "transcription": ("services.speech.handlers", "transcription", 0),
    "speech": ("services.speech.handlers", "speech", 0),
    "answer": ("services.notifier.courier", "Courier._bring", 1),
    "sending": ("services.notifier.courier", "Courier._sent", 1),
    "mail": ("services.notifier.mail.post", "Post.send", 1),
}
"""Module, function, and which of its arguments is looked at, by the name of the bug."""
MODULES = frozenset(module for module, _, _ in PLACES.values())


class Spoiler(MetaPathFinder):
    """Finds the modules that have places for bugs."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how a module is loaded, with its bugs."""
        found = PathFinder.find_spec(fullname, path, target) if fullname in MODULES else None
        if found is not None and isinstance(found.loader, SourceFileLoader):
            found.loader = Spoiled(fullname, found.loader.path)
        return found


class Spoiled(SourceFileLoader):
    """Loads a module, and puts its bugs in."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's code first."""
        super().exec_module(module)
        for bug, (name, place, looked_at) in PLACES.items():
            if name == module.__name__:
                spoil(module, place, Path(os.environ["BUGS"]) / bug, looked_at)


def spoil(module: ModuleType, place: str, words: Path, looked_at: int) -> None:
    """Let a function of a module, or a method of a class in it, have a bug."""
    holder, _, name = place.rpartition(".")
    owner = getattr(module, holder) if holder else module
    setattr(owner, name, _with_bug(getattr(owner, name), words, looked_at))


def _with_bug(function: Function, words: Path, looked_at: int) -> Function:
    def spoiled(*given: Any, **named: Any) -> Any:
        told = repr(given[looked_at])
        if words.exists() and any(word in told for word in words.read_text().split()):
            raise KeyError(told)  # as a real one might, its message holds all it was given
        return function(*given, **named)

    return spoiled


if "BUGS" in os.environ:
    sys.meta_path.insert(0, Spoiler())
