"""Links to objects: nobody can guess or change one, and each ends by itself.

A link's name is a kind, an end, the stream and the object's id, and a signature of these. Every
replica knows the key: it lies in Postgres, made by whoever needs it first.
"""

import hmac
import re
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from math import floor
from secrets import token_bytes
from uuid import UUID

import asyncpg

from chassis.eventlog.outage import asking

KEY_BYTES = 32
KINDS: dict[int, tuple[str, str]] = {1: ("tts_audio", "m4a"), 2: ("export", "json")}
"""What may be linked to: a number for good, the folder, the ending."""
_SIGNED = struct.Struct(">BI16s16s")
_SIGNATURE_BYTES = sha256().digest_size
# 69 bytes are 92 characters without padding, so that every character counts.
_NAME = re.compile(r"[A-Za-z0-9_-]{92}")
_UUID = "([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_MAKE = "insert into links.signing_key (key) values ($1) on conflict do nothing"
_FIND = "select key from links.signing_key"


class LinkRefused(Exception):
    """An object of this kind is never linked to."""


@dataclass(frozen=True, slots=True)
class Links:
    """Makes and checks the names of links."""

    key: bytes
    lifetime: timedelta

    def sign(self, object_key: str, *, now: datetime, until: datetime | None = None) -> str:
        """Return the name of a link to an object, good for a while and not past `until`.

        Raises LinkRefused for objects of other kinds than those in KINDS.
        """
        kind, stream, name = _parts(object_key)
        ends = min(now + self.lifetime, until or datetime.max.replace(tzinfo=now.tzinfo))
        signed = _SIGNED.pack(kind, floor(ends.timestamp()), stream.bytes, name.bytes)
        return urlsafe_b64encode(signed + self._signature(signed)).decode()

    def verify(self, name: str, now: datetime) -> str | None:
        """Return the key of the object a link leads to; None for whatever is no good link."""
        if not _NAME.fullmatch(name):
            return None
        whole = urlsafe_b64decode(name)
        signed, signature = whole[:-_SIGNATURE_BYTES], whole[-_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(signed)):
            return None
        kind, ends, stream, unique = _SIGNED.unpack(signed)
        if kind not in KINDS or now.timestamp() >= ends:
            return None
        folder, ending = KINDS[kind]
        return f"{folder}/{UUID(bytes=stream)}/{UUID(bytes=unique)}.{ending}"

    def _signature(self, signed: bytes) -> bytes:
        return hmac.digest(self.key, signed, "sha256")


async def open_links(pool: asyncpg.Pool, *, lifetime: timedelta) -> Links:
    """Return links signed with the key that all replicas share."""
    with asking("the links' key"):
        await pool.execute(_MAKE, token_bytes(KEY_BYTES))
        return Links(await pool.fetchval(_FIND), lifetime)


def _parts(object_key: str) -> tuple[int, UUID, UUID]:
    for kind, (folder, ending) in KINDS.items():
        # The only spelling that `verify` gives back.
        found = re.fullmatch(rf"{folder}/{_UUID}/{_UUID}\.{ending}", object_key)
        if found:
            return kind, UUID(found[1]), UUID(found[2])
    raise LinkRefused(object_key.partition("/")[0])
