"""What a user may do next: quick replies on phones, and buttons that computers show as well."""

from collections.abc import Iterator, Sequence

from contracts.answer import Choice
from services.notifier.render.flex import (
    QUIET_COLOR,
    Component,
    flex_message,
    how_many_fit,
    room_for_rows,
)
from services.notifier.render.graphemes import clip, shorten
from services.notifier.render.text import one_line, presentable

MAX_CHOICES = 13
LABEL_LENGTH = 20
TEXT_UNITS = 300
"""LINE's limit for what a tap says and for the data it carries."""
HEADING = "可點選或輸入"
_HEADING_ROW: Component = {"type": "text", "text": HEADING, "size": "xs", "color": QUIET_COLOR}
_COLUMNS = ((4, 3), (9, 2))
"""Labels of so many characters stand beside one another in so many columns."""

Action = dict[str, str]


def actions_of(choices: Sequence[Choice]) -> list[Action]:
    """Return what the choices do when tapped; what nobody could see is left out."""
    return [action for action in map(_action, choices) if action is not None][:MAX_CHOICES]


def quick_replies(actions: Sequence[Action]) -> Component:
    """Return the actions as the quick replies of a message."""
    return {"items": [{"type": "action", "action": action} for action in actions]}


def actions_message(actions: Sequence[Action]) -> Component:
    """Return the actions as buttons, which stay in the chat; computers show no quick replies."""
    words = "、".join(_words(action) for action in actions)
    rows = list(_rows(actions))
    fit = rows[: how_many_fit(rows, room_for_rows(_HEADING_ROW))]
    return flex_message(f"{HEADING}：{words}", [_HEADING_ROW, *fit])


def _action(choice: Choice) -> Action | None:
    says = clip(presentable(choice.text), TEXT_UNITS)
    label = shorten(one_line(choice.label) or one_line(says), LABEL_LENGTH)
    if not says or not label:
        return None
    data = choice.data
    # Cut or cleaned data would mean something else: then the tap says what can be typed.
    if data and data == presentable(data) == clip(data, TEXT_UNITS):
        return {"type": "postback", "label": label, "data": data, "displayText": says}
    return {"type": "message", "label": label, "text": says}


def _words(action: Action) -> str:
    return action.get("text") or action["displayText"]


def _rows(actions: Sequence[Action]) -> Iterator[Component]:
    columns = _columns(actions)
    for first in range(0, len(actions), columns):
        buttons = [_button(action) for action in actions[first : first + columns]]
        yield {"type": "box", "layout": "horizontal", "spacing": "sm", "contents": buttons}


def _columns(actions: Sequence[Action]) -> int:
    """Return how many buttons stand in a row, so that their labels fit and no row is odd."""
    longest = max(len(action["label"]) for action in actions)
    most = next((columns for length, columns in _COLUMNS if longest <= length), 1)
    rows = -(-len(actions) // most)
    return -(-len(actions) // rows)


def _button(action: Action) -> Component:
    return {
        "type": "button",
        "style": "secondary",
        "height": "sm",
        "adjustMode": "shrink-to-fit",
        "action": action,
    }
