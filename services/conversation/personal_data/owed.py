"""Whom an erasure still owes an answer to: pure."""

from contracts.gateway import NOBODY, Recipient
from services.conversation.domain import Conversation
from services.conversation.domain.pending import Erased, Said


def addressee(state: Conversation) -> Recipient:
    """Return whom the answers go to that a conversation still owes; NOBODY when it owes none."""
    in_hand = [each.said.recipient for each in (state.work, state.held) if each is not None]
    waiting = [each.recipient for each in state.mailbox if isinstance(each, Said | Erased)]
    return next(iter([*in_hand, *waiting]), NOBODY)
