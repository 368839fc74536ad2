"""A conversation's state as bytes: a cache of its log, never the record."""

import msgspec

from services.conversation.domain.state import Conversation

FORMAT = 3
"""Bumped whenever a shape in state.py changes: snapshots of another format are ignored."""

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Conversation)


def encode_state(state: Conversation) -> bytes:
    """Return the state as bytes of the current FORMAT."""
    return _ENCODER.encode(state)


def decode_state(snapshot: bytes) -> Conversation:
    """Return the state that `encode_state` of the same FORMAT wrote."""
    return _DECODER.decode(snapshot)
