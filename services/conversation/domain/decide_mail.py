"""Mailing the leaflet: to whom, a yes before the first mail to an address, then the request."""

from contracts.answer import Choice
from services.conversation.domain import wording
from services.conversation.domain.addresses import parse_address, same_address
from services.conversation.domain.answers import guide, here
from services.conversation.domain.commands import is_yes
from services.conversation.domain.facts import (
    AddressConfirmed,
    AddressGiven,
    Decision,
    QuestionAsked,
)
from services.conversation.domain.pending import Said
from services.conversation.domain.requests import begin
from services.conversation.domain.state import (
    AwaitingAddress,
    ConfirmingAddress,
    Conversation,
    MailLeaflet,
    WithLeaflet,
)

OFFERED_ADDRESSES = 3
LONGEST_LABEL = 20
"""Characters that a messenger shows of a choice."""


def ask_for_address(said: Said, phase: WithLeaflet, state: Conversation) -> list[Decision]:
    """Ask whom to mail the leaflet to; offer the addresses that were used last."""
    asking = guide(said, AwaitingAddress(phase.leaflet), extra=_known(said, state))
    return [QuestionAsked(about="address"), asking]


def about_address(
    said: Said, phase: AwaitingAddress | ConfirmingAddress, state: Conversation
) -> list[Decision]:
    """Decide on the answer to that question: an address, or a yes to the one just named."""
    if isinstance(phase, ConfirmingAddress) and is_yes(said.text):
        return _confirmed(said, phase, state)
    address = parse_address(said.text)
    if address is None:
        asked_again = isinstance(phase, AwaitingAddress)
        return [here(said, state, wording.ADDRESS_UNKNOWN if asked_again else wording.NO_YES)]
    if any(same_address(known.address, address) for known in state.confirmed):
        return begin(said, state, MailLeaflet(address))
    confirming = ConfirmingAddress(phase.leaflet, address)
    given = AddressGiven(message_id=said.message_id, address=address)
    return [given, guide(said, confirming)]


def _known(said: Said, state: Conversation) -> tuple[Choice, ...]:
    """Return the last addresses as choices, but not before the eyes of a group."""
    if said.recipient.group is not None:
        return ()
    latest = reversed(state.confirmed[-OFFERED_ADDRESSES:])
    return tuple(Choice(label=_label(each.address), text=each.address) for each in latest)


def _label(address: str) -> str:
    return address if len(address) <= LONGEST_LABEL else f"{address[: LONGEST_LABEL - 1]}…"


def _confirmed(said: Said, phase: ConfirmingAddress, state: Conversation) -> list[Decision]:
    named_in = phase.message_id
    confirmed = AddressConfirmed(message_id=named_in, address=phase.address)
    # The work comes first: it is what takes the message out of the mailbox.
    started, asked = begin(said, state, MailLeaflet(phase.address), message_id=named_in)
    return [started, confirmed, asked]
