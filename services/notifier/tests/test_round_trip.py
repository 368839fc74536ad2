"""Every text in every script: LINE takes it, and what the user reads is what was said."""

import random
from collections.abc import Sequence

import pytest

from contracts.answer import Answer, Choice
from services.notifier.render import render
from services.notifier.render.content import CUT_NOTICE
from services.notifier.tests.line_limits import assert_line_takes, is_seen, units
from services.notifier.tests.scripts import random_text

MAIN = "接下來？"
SHOWN_AS = {
    **dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), 0xFFFE, 0xFFFF, *range(0xFDD0, 0xFDF0))),
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
    **dict.fromkeys(map(ord, "\r\n\x0b\x0c\x85\u2028\u2029"), "\n"),
    ord("\t"): "\t",
}


def cleaned(text: str) -> str:
    """Return what may be shown of a text: written apart from the renderer, by a table."""
    return text.replace("\r\n", "\n").translate(SHOWN_AS).strip()


def assert_read_in_order(whole: str, bubbles: Sequence[str]) -> str:
    """Return what of the text follows the bubbles; they hold all before it but unseen seams."""
    for bubble in filter(None, bubbles):
        before, found, whole = whole.partition(bubble)
        assert found
        assert not is_seen(before)
    return whole


def assert_shown_whole(chance: random.Random) -> None:
    """Fail unless LINE takes the answer of random texts, and all of them can be read in it."""
    said = [random_text(chance) for _ in range(chance.choice((1, 1, 1, 4)))]
    words = [random_text(chance, 3)] if chance.random() < 0.1 else []
    choices = tuple(Choice(label=word, text=word, data=word) for word in words)
    messages = render(Answer(main=MAIN, content=tuple(said), choices=choices))
    assert_line_takes(messages)
    bubbles = [each["text"] for each in messages[:-1] if each["type"] == "text"]
    whole = "\n\n".join(part for part in map(cleaned, said) if is_seen(part))
    if units(whole) <= 5_000:
        assert not is_seen(assert_read_in_order(whole, bubbles))
    else:
        shown = "\n\n".join(bubbles)
        assert shown.endswith(CUT_NOTICE)
        assert units("".join(bubbles)) <= 5_000
        last = bubbles[-1].removesuffix(CUT_NOTICE).rstrip()
        assert is_seen(assert_read_in_order(whole, [*bubbles[:-1], last]))


@pytest.mark.parametrize("seed", range(8))
def test_what_was_said_is_read(seed: int):
    chance = random.Random(seed)  # noqa: S311 (the same texts in every run)
    for _ in range(150):
        assert_shown_whole(chance)
