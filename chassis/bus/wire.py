"""Events on the bus: CloudEvents in structured JSON, personal fields sealed as in the log."""

from datetime import datetime
from typing import Any

import msgspec

from chassis.eventlog.codec import Codec, Unread
from chassis.eventlog.log import EventLog, Written
from contracts.base import CloudEvent


class NotUnderstood(Exception):
    """An event of a type or version that this build does not know."""


class Wire(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The JSON of one event; `personal` is base64 of the sealed fields."""

    id: str
    type: str
    source: str
    time: datetime
    stream: str
    version: int
    schemaversion: int
    data: msgspec.Raw
    personal: bytes | None = None
    cause: str | None = None
    turn: str | None = None
    traceparent: str | None = None
    specversion: str = "1.0"


class _Key(msgspec.Struct):
    stream: str


class _Id(msgspec.Struct):
    id: str


_key = msgspec.json.Decoder(_Key)
_id = msgspec.json.Decoder(_Id)
_wire = msgspec.json.Decoder(Wire)
_json = msgspec.json.Encoder()


def stream_of(body: bytes) -> str:
    """Return the stream an event belongs to; msgspec.MsgspecError when it is none of ours."""
    return _key.decode(body).stream


def id_of(body: bytes) -> str:
    """Return the id of an event; msgspec.MsgspecError when it is none of ours."""
    return _id.decode(body).id


class Packer:
    """Turns events into messages and back."""

    def __init__(self, log: EventLog, codec: Codec) -> None:
        """Seal and open with the log's keys."""
        self._log = log
        self._codec = codec

    async def pack(self, event: CloudEvent[Any]) -> bytes:
        """Return the event as a message body."""
        encoded = self._codec.encode(event.data)
        personal = await self._log.sealed(event.stream, event.id, encoded)
        return wired(Written(event, encoded, personal))

    async def unpack(self, body: bytes) -> CloudEvent[Any]:
        """Return the event of a message body."""
        wire = _wire.decode(body)
        personal = await self._log.open(wire.stream, wire.id, wire.personal)
        return CloudEvent(
            id=wire.id,
            type=wire.type,
            source=wire.source,
            time=wire.time,
            stream=wire.stream,
            version=wire.version,
            data=self._codec.decode(wire.type, wire.schemaversion, bytes(wire.data), personal),
            cause=wire.cause,
            turn=wire.turn,
            traceparent=wire.traceparent,
        )


def wire_of(body: bytes) -> Wire | None:
    """Return an event as it travels, sealed; None when a body is no event of ours."""
    try:
        return _wire.decode(body)
    except msgspec.MsgspecError:
        return None


def understood(event: CloudEvent[Any]) -> CloudEvent[Any]:
    """Return an event that this build knows; NotUnderstood for others: they are not passed by."""
    if isinstance(event.data, Unread):
        raise NotUnderstood(event.type)
    return event


def wired(written: Written) -> bytes:
    """Return the message body of an event on record, sealed as it stands there.

    To seal it once more would take the stream's key as it is now: after an erasure the bus would
    hold readable words that the log no longer does.
    """
    event, encoded = written.event, written.encoded
    wire = Wire(
        id=event.id,
        type=event.type,
        source=event.source,
        time=event.time,
        stream=event.stream,
        version=event.version,
        schemaversion=encoded.schema_version,
        data=msgspec.Raw(encoded.data),
        personal=written.personal,
        cause=event.cause,
        turn=event.turn,
        traceparent=event.traceparent,
    )
    return _json.encode(wire)
