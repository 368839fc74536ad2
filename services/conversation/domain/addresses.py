"""Addresses that users type: one e-mail address and nothing else, in its usual form."""

from email_validator import EmailNotValidError, validate_email

LONGEST_ADDRESS = 254
"""Characters of an address that any mail server takes (RFC 5321, with its erratum 1690)."""


def parse_address(text: str) -> str | None:
    """Return the address that a text is, in the form to send to; None when it is none.

    Only what it looks like: whether its domain takes mail is found out when mail is sent.
    """
    if len(text) > LONGEST_ADDRESS:
        return None
    try:
        valid = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return None
    return valid.normalized


def same_address(one: str, other: str) -> bool:
    """Tell whether two addresses are one mailbox, as every common mail server sees it."""
    return one.casefold() == other.casefold()
