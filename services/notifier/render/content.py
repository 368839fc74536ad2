"""The content of an answer as texts for a few bubbles.

Nothing is lost or doubled: `presentable` parts joined by PARAGRAPH are the bubbles in their
order, but for stretches at a bubble's ends of which nothing can be seen (a line break there,
above all). Only content of more than CONTENT_UNITS is cut, and says so.
"""

from collections.abc import Sequence

from contracts.conversation import Mode
from services.notifier.render.graphemes import units
from services.notifier.render.split import BUBBLE_UNITS, NICE_FILL, TIGHT_FILL, next_cut, split
from services.notifier.render.text import is_visible

CONTENT_UNITS = 5_000
PARAGRAPH = "\n\n"
CUT_NOTICE = "（內容較長，這裡只顯示前段；輸入「寄送」可用電子郵件收到全文。）"
CUT_NOTICE_ELSEWHERE = "（內容較長，這裡只顯示前段；請把要處理的內容分成幾則較短的訊息再傳。）"


def content_bubbles(parts: Sequence[str], room: int, mode: Mode = "education") -> list[str]:
    """Return presentable parts as texts for at most `room` bubbles, cut with a notice if long.

    The notice points to mail, which only leaflets can be sent by.
    """
    whole = PARAGRAPH.join(parts)
    if units(whole) > CONTENT_UNITS:
        whole = _cut(whole, CUT_NOTICE if mode == "education" else CUT_NOTICE_ELSEWHERE)
    else:
        # Each part begins a bubble of its own as long as there is room for that.
        apart = _shown([piece for part in parts for piece in split(part)])
        if len(apart) <= room:
            return apart
    return _flowing(whole, room)


def _flowing(whole: str, room: int) -> list[str]:
    """Return a text in at most `room` bubbles, each as full as that takes."""
    fullest = int(CONTENT_UNITS / max(room, 1) / TIGHT_FILL) + 1
    for limit, fill in (
        (BUBBLE_UNITS, NICE_FILL),
        (BUBBLE_UNITS, TIGHT_FILL),
        (min(fullest, CONTENT_UNITS), TIGHT_FILL),
    ):
        flowing = _shown(split(whole, limit, fill))
        if len(flowing) <= room:
            return flowing
    # Graphemes of hundreds of marks still overflow; LINE takes 5,000 units in one bubble.
    return [whole]


def _cut(whole: str, notice: str) -> str:
    limit = CONTENT_UNITS - units(notice) - len(PARAGRAPH)
    return whole[: next_cut(whole, 0, limit, TIGHT_FILL)].rstrip() + PARAGRAPH + notice


def _shown(pieces: Sequence[str]) -> list[str]:
    return [piece.strip() for piece in pieces if is_visible(piece)]
