"""An answer as LINE messages: pure, and always something LINE takes."""

from collections.abc import Sequence
from typing import Any

from contracts.answer import Answer, Choice
from services.notifier.render.graphemes import clip, shorten, units
from services.notifier.render.references import references_message
from services.notifier.render.split import BUBBLE_UNITS, TIGHT_FILL, next_cut, split
from services.notifier.render.text import is_visible, one_line, presentable

MAX_MESSAGES = 5
CONTENT_UNITS = 5_000
MAX_CHOICES = 13
LABEL_LENGTH = 20
CHOICE_TEXT_UNITS = 300
PARAGRAPH = "\n\n"
CUT_NOTICE = "（內容較長，這裡只顯示前段；輸入「寄送」可用電子郵件收到全文。）"
NOTHING_TO_SHOW = "這次沒有內容可以顯示，請再試一次，或輸入「new」重新開始。"
APOLOGY = "很抱歉，這則回覆無法在 LINE 上顯示。請再試一次，或輸入「new」重新開始。"

Message = dict[str, Any]


def render(answer: Answer) -> list[Message]:
    """Return the one to five messages that show an answer, choices on the last one."""
    references = references_message(answer.references)
    main = clip(presentable(answer.main), BUBBLE_UNITS)
    tail = [each for each in (references, _text(main) if main else None) if each]
    bubbles = content_bubbles(answer.content, MAX_MESSAGES - len(tail))
    messages = [*map(_text, bubbles), *tail] or [_text(NOTHING_TO_SHOW)]
    items = _quick_replies(answer.choices)
    return [*messages[:-1], messages[-1] | {"quickReply": {"items": items}}] if items else messages


def apology() -> list[Message]:
    """Return the plainest message there is: for an answer that LINE would not show."""
    return [_text(APOLOGY)]


def content_bubbles(content: Sequence[str], room: int) -> list[str]:
    """Return the content as texts for at most `room` bubbles, cut with a notice if too long."""
    parts = [part for part in map(presentable, content) if part]
    whole = PARAGRAPH.join(parts)
    if units(whole) > CONTENT_UNITS:
        whole = _cut(whole)
    else:
        # Each part begins a bubble of its own as long as there is room for that.
        apart = _shown([piece for part in parts for piece in split(part)])
        if len(apart) <= room:
            return apart
    flowing = _shown(split(whole))
    if len(flowing) > room:
        flowing = _shown(split(whole, fill=TIGHT_FILL))
    # Only graphemes of hundreds of marks can still overflow: LINE takes 5,000 units in one bubble.
    return flowing if len(flowing) <= room else [whole]


def _cut(whole: str) -> str:
    limit = CONTENT_UNITS - units(CUT_NOTICE) - len(PARAGRAPH)
    return whole[: next_cut(whole, 0, limit, TIGHT_FILL)].rstrip() + PARAGRAPH + CUT_NOTICE


def _shown(pieces: Sequence[str]) -> list[str]:
    return [piece.strip() for piece in pieces if is_visible(piece)]


def _text(text: str) -> Message:
    return {"type": "text", "text": text}


def _quick_replies(choices: Sequence[Choice]) -> list[Message]:
    shown = [item for item in map(_quick_reply, choices) if item is not None]
    return shown[:MAX_CHOICES]


def _quick_reply(choice: Choice) -> Message | None:
    says = clip(presentable(choice.text), CHOICE_TEXT_UNITS)
    label = shorten(one_line(choice.label) or one_line(says), LABEL_LENGTH)
    if not says or not label:
        return None
    return {"type": "action", "action": {"type": "message", "label": label, "text": says}}
