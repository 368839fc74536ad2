"""One key a stream: personal fields are sealed with it, and gone for good once it is destroyed."""

import os
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.eventlog.outage import asking
from contracts.base import CloudEvent
from contracts.conversation import DataErased
from contracts.gateway import MessageUnsent

KEY_BITS = 256
NONCE_BYTES = 12
"""What AES-GCM takes (NIST SP 800-38D, 5.2.1.1)."""
CACHED_KEYS = 5_000
"""1.4 MB, measured: more than talk within an hour; who comes back later costs a look-up."""

_FIND = "select key, generation from eventlog.keys where stream = $1"
# In one statement, so that no erasure comes between the key and the look at what came since.
_STILL = f"""
    select k.key, k.generation from eventlog.keys as k where k.stream = $1 and not exists (
        select from eventlog.events as e where e.stream = $1 and e.version > $2 and (
            e.type = '{DataErased.NAME}'
            or e.type = '{MessageUnsent.NAME}' and e.data->>'message_id' = $3
        )
    )
"""  # noqa: S608 (no input)
_MAKE = "insert into eventlog.keys (stream, key) values ($1, $2) on conflict do nothing"


@dataclass(frozen=True, slots=True)
class StreamKey:
    """One key of a stream; its `generation` tells it from those before and after it.

    The one that is just being made has no number yet. Kept as bytes: a cipher made of them takes
    2.5 KB for as long as it lives, and 2.4 µs to be made anew.
    """

    stream: str
    secret: bytes = field(repr=False)
    generation: int | None = None

    def seal(self, name: str, plain: bytes) -> bytes:
        """Return `plain` encrypted; `name` must be given again to open it."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self.secret).encrypt(nonce, plain, self._bound(name))

    def open(self, name: str, sealed: bytes) -> bytes | None:
        """Return what was sealed; None when that was with another key, or it is broken."""
        nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return AESGCM(self.secret).decrypt(nonce, rest, self._bound(name))
        except (InvalidTag, ValueError):
            return None

    def _bound(self, name: str) -> bytes:
        # Bound to its place: a sealed part copied to another event or stream does not open.
        return f"{self.stream}/{name}".encode()


class Keyring:
    """Seals and opens the personal part of events; keys are made at a stream's first event.

    Keys are kept in memory until `forget`; one that no longer opens what it is given is read
    anew. Without a database it raises Unavailable for streams it has no key of in memory.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        """Read and make keys in `pool`'s database."""
        self._pool = pool
        self._cache: OrderedDict[str, StreamKey] = OrderedDict()
        self._forgotten = 0

    async def seal(self, stream: str, name: str, plain: bytes) -> bytes:
        """Return `plain` encrypted for `stream`; `name` must be given again to open it."""
        return (await self.key(stream)).seal(name, plain)

    async def open(self, stream: str, name: str, sealed: bytes) -> bytes | None:
        """Return what was sealed, or None when its key is gone."""
        return await self.opening().open(stream, name, sealed)

    def opening(self) -> "Opening":
        """Return what opens the parts of one read: see Opening."""
        return Opening(self)

    async def key(self, stream: str) -> StreamKey:
        """Return the stream's key; one is made when there is none."""
        key = self.known(stream) or await self.found(stream)
        if key is None:
            with asking("the keys"):
                await self._pool.execute(_MAKE, UUID(stream), AESGCM.generate_key(KEY_BITS))
            key = await self.found(stream)
        if key is None:
            message = "the stream's key was destroyed while it was being made"
            raise RuntimeError(message)
        return key

    def known(self, stream: str) -> StreamKey | None:
        """Return the stream's key as far as it is in memory."""
        if stream not in self._cache:
            return None
        self._cache.move_to_end(stream)
        return self._cache[stream]

    async def found(self, stream: str) -> StreamKey | None:
        """Return the stream's key as the database has it now."""
        before = self._forgotten
        with asking("the keys"):
            row = await self._pool.fetchrow(_FIND, UUID(stream))
        key = _of_row(stream, row)
        # A key that was to be forgotten while it was being read must not come back.
        if key is not None and before == self._forgotten:
            self._keep(key)
        return key

    async def still(self, event: CloudEvent[Any], *, words_of: str = "") -> StreamKey | None:
        """Return the key that an event's stream had when it was recorded, if it has it still.

        None once it was destroyed, or once the message `words_of` was taken back.
        """
        with asking("the keys"):
            row = await self._pool.fetchrow(_STILL, UUID(event.stream), event.version, words_of)
        return _of_row(event.stream, row)

    def forget(self, stream: str | None = None) -> None:
        """Drop the key of a stream, or of all, from memory; it is read again when needed."""
        self._forgotten += 1
        if stream is None:
            self._cache.clear()
        else:
            self._cache.pop(stream, None)

    def _keep(self, key: StreamKey) -> None:
        self._cache[key.stream] = key
        if len(self._cache) > CACHED_KEYS:
            self._cache.popitem(last=False)


class Opening:
    """Opens parts that were read at one moment.

    What the key in memory does not open may be of a key made since: the database is asked once
    for each stream, however many of its parts were erased.
    """

    def __init__(self, keyring: Keyring) -> None:
        """Use the keys of `keyring`."""
        self._keyring = keyring
        self._found: dict[str, StreamKey | None] = {}

    async def open(self, stream: str, name: str, sealed: bytes) -> bytes | None:
        """Return what was sealed, or None when its key is gone."""
        if stream not in self._found:
            known = self._keyring.known(stream)
            plain = known.open(name, sealed) if known else None
            if plain is not None:
                return plain
            self._keyring.forget(stream)
            self._found[stream] = await self._keyring.found(stream)
        key = self._found[stream]
        return key.open(name, sealed) if key else None


def _of_row(stream: str, row: asyncpg.Record | None) -> StreamKey | None:
    return StreamKey(stream, row["key"], row["generation"]) if row else None


def new_key(stream: str) -> tuple[bytes, StreamKey]:
    """Return a key that no stream has yet, as bytes to be stored and ready for use."""
    key = AESGCM.generate_key(KEY_BITS)
    return key, StreamKey(stream, key)
