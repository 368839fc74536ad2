"""One key a stream: personal fields are sealed with it, and gone for good once it is destroyed."""

import os
from collections import OrderedDict
from uuid import UUID

import asyncpg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.eventlog.outage import asking

KEY_BITS = 256
NONCE_BYTES = 12
"""What AES-GCM takes (NIST SP 800-38D, 5.2.1.1)."""
CACHED_KEYS = 20_000
"""About 5 MB: more users than talk to one replica in a day."""


class Keyring:
    """Seals and opens the personal part of events; keys are made at a stream's first event.

    Without a database it raises Unavailable for streams it has no key of in memory.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        """Read and make keys in `pool`'s database."""
        self._pool = pool
        self._cache: OrderedDict[str, AESGCM] = OrderedDict()

    async def seal(self, stream: str, name: str, plain: bytes) -> bytes:
        """Return `plain` encrypted for `stream`; `name` must be given again to open it."""
        cipher = await self._cipher(stream, make=True)
        if cipher is None:
            message = "the stream's key was destroyed while it was being made"
            raise RuntimeError(message)
        nonce = os.urandom(NONCE_BYTES)
        return nonce + cipher.encrypt(nonce, plain, _bound(stream, name))

    async def open(self, stream: str, name: str, sealed: bytes) -> bytes | None:
        """Return what was sealed, or None when the stream's key is gone."""
        cipher = await self._cipher(stream, make=False)
        if cipher is None:
            return None
        try:
            return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(stream, name))
        except (InvalidTag, ValueError):
            return None  # of an earlier key of a user who was erased and came back, or broken

    async def _cipher(self, stream: str, *, make: bool) -> AESGCM | None:
        if stream in self._cache:
            self._cache.move_to_end(stream)
            return self._cache[stream]
        with asking("the keys"):
            key = await self._stored(UUID(stream), make=make)
        if key is None:
            return None
        cipher = self._cache[stream] = AESGCM(key)
        if len(self._cache) > CACHED_KEYS:
            self._cache.popitem(last=False)
        return cipher

    async def _stored(self, stream: UUID, *, make: bool) -> bytes | None:
        find = "select key from eventlog.keys where stream = $1"
        key: bytes | None = await self._pool.fetchval(find, stream)
        if key is not None or not make:
            return key
        await self._pool.execute(
            "insert into eventlog.keys (stream, key) values ($1, $2) on conflict do nothing",
            stream,
            AESGCM.generate_key(KEY_BITS),
        )
        return await self._pool.fetchval(find, stream)


def _bound(stream: str, name: str) -> bytes:
    # Bound to its place: a sealed part copied to another event or stream does not open.
    return f"{stream}/{name}".encode()
