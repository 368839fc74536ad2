"""What our buttons carry: words said with a tap, and the wish to see a result."""

from services.conversation.domain.commands import Command, command_of
from services.conversation.domain.pending import Said
from services.conversation.domain.state import Conversation

SAY = "say:"
"""Buttons in groups say their texts by data: as messages they would not name the bot."""
RESULT_OF = "result:"
"""Before the turn whose result is wanted."""


def is_wish(said: Said) -> bool:
    """Tell whether a message asks to see a result, whichever."""
    if said.kind == "postback" and said.text.startswith(RESULT_OF):
        return True
    return said.kind in {"text", "postback"} and command_of(said.text) is Command.RESULT


def is_for_result(said: Said, state: Conversation) -> bool:
    """Tell whether a message asks for the result that is in the making, or held."""
    turn = _turn(state)
    if turn is None or not is_wish(said):
        return False
    return not said.text.startswith(RESULT_OF) or said.text == RESULT_OF + turn


def _turn(state: Conversation) -> str | None:
    if state.work is not None:
        return state.work.said.id
    return state.held.said.id if state.held is not None else None
