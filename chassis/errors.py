"""The three outcomes of an error: refused, unavailable, or a bug (anything else)."""


class Refused(Exception):
    """We understood and say no: the user gets a visible answer, nothing is tried again."""


class Unavailable(Exception):
    """Something outside is down or slow: try again later, with back-off."""


class StartupRefused(Exception):
    """A service can't start; the message is one sentence that says what to do."""
