"""An answer as LINE messages: pure, and always something LINE takes.

Order: whose work the audio is, the audio, content, references, a file, what can be done next as
buttons, and the main line with the same as quick replies. The buttons are there for computers,
which show no quick replies; they never take the place of content.
"""

from collections.abc import Sequence
from typing import Any

from contracts.answer import Answer
from contracts.conversation import Mode
from services.notifier.render.choices import actions_message, actions_of, quick_replies
from services.notifier.render.content import content_bubbles
from services.notifier.render.graphemes import clip, units
from services.notifier.render.media import (
    NOWHERE,
    TO_COPY,
    Addresses,
    audio_message,
    credit_message,
    download_message,
)
from services.notifier.render.references import references_message
from services.notifier.render.split import BUBBLE_UNITS
from services.notifier.render.text import presentable

MAX_MESSAGES = 5
NOTHING_TO_SHOW = "這次沒有內容可以顯示，請再試一次，或輸入「new」重新開始。"
APOLOGY = "很抱歉，這則回覆無法在 LINE 上顯示。請再試一次，或輸入「new」重新開始。"

Message = dict[str, Any]


def render(
    answer: Answer,
    *,
    addresses: Addresses = NOWHERE,
    quote: str = "",
    mode: Mode = "education",
) -> list[Message]:
    """Return the one to five messages that show an answer, choices on the last one.

    `quote` is the quote token of the message that is answered; the first text quotes it.
    """
    messages = _without_choices(answer, addresses, mode) or [_text(NOTHING_TO_SHOW)]
    actions = actions_of(answer.choices)
    if actions:
        *before, last = messages
        fits = len(messages) < MAX_MESSAGES and last["type"] == "text"
        buttons = [actions_message(actions)] if fits else []
        messages = [*before, *buttons, last | {"quickReply": quick_replies(actions)}]
    return _quoting(messages, quote) if quote else messages


def apology() -> list[Message]:
    """Return the plainest message there is: for an answer that LINE would not show."""
    return [_text(APOLOGY)]


def without_quote(messages: Sequence[Message]) -> list[Message]:
    """Return the same messages, quoting nothing."""
    return [{key: each[key] for key in each if key != "quoteToken"} for each in messages]


def _without_choices(answer: Answer, addresses: Addresses, mode: Mode) -> list[Message]:
    parts = [part for part in map(presentable, answer.content) if part]
    head, tail = _head(answer, addresses), _tail(answer, addresses)
    if parts and len(head) + len(tail) == MAX_MESSAGES:
        # Everything at once, which no conversation asks for: the credit begins the content.
        parts, head = [presentable(answer.credit), *parts], head[1:]
    bubbles = content_bubbles(parts, MAX_MESSAGES - len(head) - len(tail), mode)
    return [*head, *map(_text, bubbles), *tail]


def _head(answer: Answer, addresses: Addresses) -> list[Message]:
    """Return whose work the audio is, and the audio."""
    credit = credit_message(answer.credit)
    audio = audio_message(answer.audio, addresses.audio) if answer.audio else None
    return [each for each in (credit, audio) if each]


def _tail(answer: Answer, addresses: Addresses) -> list[Message]:
    """Return what follows the content."""
    references = references_message(answer.references)
    download = download_message(addresses.download) if answer.download else None
    link = f"{TO_COPY}\n{addresses.download}" if answer.download and addresses.download else ""
    main = clip(presentable(answer.main), BUBBLE_UNITS - units(link) - 2)
    lines = "\n\n".join(each for each in (main, link) if each)
    return [each for each in (references, download, _text(lines) if lines else None) if each]


def _text(text: str) -> Message:
    return {"type": "text", "text": text}


def _quoting(messages: Sequence[Message], quote: str) -> list[Message]:
    """Return the messages with a quote on the first text: LINE takes it nowhere else."""
    texts = (number for number, each in enumerate(messages) if each["type"] == "text")
    first = next(texts, None)
    return [
        each | {"quoteToken": quote} if number == first else each
        for number, each in enumerate(messages)
    ]
