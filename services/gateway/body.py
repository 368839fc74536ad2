"""From the raw bytes of a webhook to its events, each still unread."""

import re

import msgspec

MAX_EVENTS = 300
"""All of them are recorded before the 200: so many fit its 1.5 s on a busy machine of two cores."""

_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_REPLACEMENT_CHARACTER = b"\\ufffd"


class BodyRefused(Exception):
    """The body is not a webhook of LINE's."""


class TooManyEvents(Exception):
    """The body holds more events than can be recorded in time."""


class _Body(msgspec.Struct):
    events: list[msgspec.Raw]


_decoder = msgspec.json.Decoder(_Body)


def raw_events(body: bytes) -> list[bytes]:
    """Return the JSON of each event; what is inside is not looked at."""
    events = _decoded(body).events
    if len(events) > MAX_EVENTS:
        raise TooManyEvents
    return [bytes(event) for event in events]


def _decoded(body: bytes) -> _Body:
    try:
        return _decoder.decode(body)
    except (msgspec.MsgspecError, RecursionError):
        return _decoded_mended(body)


def _decoded_mended(body: bytes) -> _Body:
    # An emoji cut in half in one user's text must not cost the other users their events.
    try:
        return _decoder.decode(_ESCAPE.sub(_mended, body))
    except (msgspec.MsgspecError, RecursionError):
        raise BodyRefused from None


def _mended(escape: re.Match[bytes]) -> bytes:
    return _REPLACEMENT_CHARACTER if escape["half"] else escape[0]
