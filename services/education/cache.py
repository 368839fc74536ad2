"""Leaflets that were asked for before, kept for a while: a second asker need not wait.

Nothing about a topic can be read at rest: a row's name and its key are both derived from the topic
and from a secret of the service, so that even guessing topics takes more than the database.
"""

import asyncio
import os
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from unicodedata import normalize

import asyncpg
import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chassis import metrics
from chassis.errors import Unavailable
from chassis.eventlog.outage import asking
from chassis.telemetry import get_logger
from services.education.ports import Leaflet, Writer

LONGEST_TOPIC = 60
"""Characters; what is longer is a story of somebody's own, and nobody else asks for it."""
TIDY_SECONDS = 3600.0
NONCE_BYTES = 12
_PURPOSE = b"mededbot/education/leaflets/1"
_FIND = "select sealed from education.leaflets where id = $1 and expires_at > clock_timestamp()"
_KEEP = """
    insert into education.leaflets as l (id, sealed, expires_at)
    values ($1, $2, clock_timestamp() + $3::interval)
    on conflict (id) do update set sealed = excluded.sealed, expires_at = excluded.expires_at
"""
_FORGET = "delete from education.leaflets where expires_at <= clock_timestamp()"
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Leaflet)
log = get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What a cached leaflet must have been made with: another edition is another leaflet."""

    prompt: str
    model: str


class LeafletCache:
    """The leaflets of one edition, shared by all replicas."""

    def __init__(
        self, pool: asyncpg.Pool, edition: Edition, *, secret: bytes, kept: timedelta
    ) -> None:
        """Keep leaflets for `kept` in `pool`'s database, readable with `secret` only."""
        self._pool = pool
        self._edition = edition
        self._secret = secret
        self._kept = kept

    async def find(self, topic: str) -> Leaflet | None:
        """Return the leaflet on a topic as it was made; it cost no tokens this time.

        Raises Unavailable without a database.
        """
        name, cipher = self._lock(topic)
        with asking("the leaflet cache"):
            sealed: bytes | None = await self._pool.fetchval(_FIND, name)
        leaflet = _opened(sealed, name, cipher) if sealed else None
        metrics.LEAFLET_CACHE.labels(outcome="hit" if leaflet else "miss").inc()
        return leaflet

    async def keep(self, topic: str, leaflet: Leaflet) -> None:
        """Keep a leaflet for those who ask next; without a database it is not kept."""
        name, cipher = self._lock(topic)
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + cipher.encrypt(nonce, _encoder.encode(leaflet), name)
        try:
            with asking("the leaflet cache"):
                await self._pool.execute(_KEEP, name, sealed, self._kept)
        except Unavailable:
            log.warning("leaflet_not_kept")
        else:
            metrics.LEAFLET_CACHE.labels(outcome="stored").inc()

    async def forget_old(self) -> None:
        """Remove what has expired; raises Unavailable without a database."""
        with asking("the leaflet cache"):
            await self._pool.execute(_FORGET)

    def _lock(self, topic: str) -> tuple[bytes, AESGCM]:
        words = (self._edition.prompt, self._edition.model, normalised(topic))
        derived = HKDF(SHA256(), 64, salt=self._secret, info=_PURPOSE).derive(
            "\x1f".join(words).encode()
        )
        return derived[:32], AESGCM(derived[32:])


class CachedWriter:
    """A writer that remembers leaflets on short topics; revisions and translations it does not."""

    def __init__(self, writer: Writer, cache: LeafletCache) -> None:
        """Ask `writer` for what is not in `cache`."""
        self._writer = writer
        self._cache = cache

    async def write(self, topic: str, deadline: datetime) -> Leaflet:
        """Return a leaflet in Traditional Chinese on a topic, the kept one if there is one."""
        if len(normalised(topic)) > LONGEST_TOPIC:
            return await self._writer.write(topic, deadline)
        if kept := await self._cache.find(topic):
            return kept
        made = await self._writer.write(topic, deadline)
        await self._cache.keep(topic, made)
        return made

    async def revise(self, leaflet: str, instruction: str, deadline: datetime) -> Leaflet:
        """Return the leaflet changed as the instruction says."""
        return await self._writer.revise(leaflet, instruction, deadline)

    async def translate(self, leaflet: str, language: str, deadline: datetime) -> Leaflet:
        """Return the leaflet in another language."""
        return await self._writer.translate(leaflet, language, deadline)


def normalised(topic: str) -> str:
    """Return a topic without what does not change its meaning: case, width, blanks."""
    return " ".join(normalize("NFKC", topic).casefold().split())


def _opened(sealed: bytes, name: bytes, cipher: AESGCM) -> Leaflet | None:
    try:
        body = cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], name)
        leaflet = _decoder.decode(body)
    except (InvalidTag, ValueError, msgspec.MsgspecError):
        return None  # broken, or of a build that wrote them differently
    return replace(leaflet, cached=True, input_tokens=0, output_tokens=0)


async def tidy(cache: LeafletCache) -> None:
    """Remove what has expired each hour, until cancelled."""
    while True:
        try:
            await cache.forget_old()
        except Unavailable:
            log.warning("leaflets_not_tidied")
        await asyncio.sleep(TIDY_SECONDS)
