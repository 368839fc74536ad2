"""Objects in JetStream's object store, in the form that nats-server's own tools read.

nats-py's client of it leaves a tombstone behind for each object ever removed, and waits without
end for chunks that are gone; so the form is its, the reading and removing ours.
"""

from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from hashlib import sha256
from time import time
from typing import Any, TypeVar
from uuid import uuid4

import msgspec
from nats.aio.client import Client
from nats.errors import Error
from nats.js.api import Header
from nats.js.errors import NotFoundError

from chassis import clock
from chassis.objects.direct import DirectReads
from chassis.objects.port import Listed, Stored
from chassis.resilience import Backoff, Guard, Transient
from contracts.subjects import OBJECTS_BUCKET, OBJECTS_STREAM

T = TypeVar("T")
CHUNKS = f"$O.{OBJECTS_BUCKET}.C."
ABOUT = f"$O.{OBJECTS_BUCKET}.M."
CHUNK_BYTES = 128 * 1024
"""What nats-server's tools use: well below the 1 MB that a message may have by default."""
CALL_TIME = timedelta(seconds=20)
REPLY_SECONDS = 5.0
ABANDONED = timedelta(hours=1)
"""A put that began so long ago has ended, one way or the other."""
BACKOFF = Backoff(
    first=timedelta(seconds=0.2), longest=timedelta(seconds=2), jitter=timedelta(seconds=0.2)
)
NAME_CHARACTERS = 32
TIME_CHARACTERS = 8


class _Options(msgspec.Struct):
    max_chunk_size: int = CHUNK_BYTES


class _About(msgspec.Struct, omit_defaults=True):
    """What the store notes about an object; `nuid` is the name of its chunks."""

    name: str
    bucket: str
    nuid: str
    size: int
    chunks: int
    mtime: str
    digest: str = ""
    deleted: bool = False
    headers: dict[str, list[str]] = {}
    options: _Options = msgspec.field(default_factory=_Options)

    @property
    def stored_at(self) -> datetime:
        return datetime.fromisoformat(self.mtime)


_decoder = msgspec.json.Decoder(_About)


class JetStreamObjects:
    """An ObjectStore on NATS; its stream is made by chassis.bus.streams."""

    def __init__(self, nats: Client, guard: Guard | None = None) -> None:
        """Use an open connection."""
        self._nats = nats
        self._js = nats.jetstream(timeout=REPLY_SECONDS)
        self._reads = DirectReads(nats, OBJECTS_STREAM, within=REPLY_SECONDS)
        self._guard = guard or Guard(
            upstream="objects",
            timeout=CALL_TIME,
            retry_on=(Transient, Error, OSError, TimeoutError),
            backoff=BACKOFF,
        )

    async def put(self, key: str, data: bytes, *, content_type: str) -> None:
        """Keep an object: its chunks first, so that whoever sees it sees all of it."""
        await self._guarded(lambda: self._put(key, data, content_type))

    async def get(self, key: str) -> Stored | None:
        """Return an object."""
        return await self._guarded(lambda: self._get(key))

    async def delete(self, *keys: str) -> None:
        """Remove objects without a trace."""
        for key in keys:
            await self._guarded(lambda key=key: self._delete(key))

    async def list_objects(self, prefix: str) -> list[Listed]:
        """Return what the store notes about its objects."""
        found = await self._guarded(self._all)
        listed = [
            Listed(key=each.name, size=each.size, stored_at=each.stored_at)
            for each in found
            if each.name.startswith(prefix)
        ]
        return sorted(listed, key=lambda each: each.key)

    async def tidy(self) -> int:
        """Remove the chunks of puts that never came to their end."""
        return await self._guarded(self._tidy)

    async def _put(self, key: str, data: bytes, content_type: str) -> None:
        before = await self._about(key)
        name = f"{int(time()):08x}{uuid4().hex}"[:NAME_CHARACTERS]
        chunks = [data[start : start + CHUNK_BYTES] for start in range(0, len(data), CHUNK_BYTES)]
        for chunk in chunks:
            await self._js.publish(CHUNKS + name, chunk)
        about = _About(
            name=key,
            bucket=OBJECTS_BUCKET,
            nuid=name,
            size=len(data),
            chunks=len(chunks),
            mtime=clock.now().isoformat(),
            digest=f"SHA-256={urlsafe_b64encode(sha256(data).digest()).decode()}",
            headers={"content-type": [content_type]},
        )
        # "sub": this message takes the place of the one before it.
        headers: dict[str, Any] = {Header.ROLLUP: "sub"}
        await self._js.publish(_about_subject(key), msgspec.json.encode(about), headers=headers)
        if before is not None:
            await self._js.purge_stream(OBJECTS_STREAM, subject=CHUNKS + before.nuid)

    async def _get(self, key: str) -> Stored | None:
        about = await self._about(key)
        if about is None:
            return None
        chunks = await self._reads.bodies(CHUNKS + about.nuid) if about.chunks else []
        data = b"".join(chunks)
        if len(data) != about.size:
            # Replaced or removed meanwhile, or read from a replica that lags: look again.
            raise Transient("an object without all of its chunks")
        content_type = next(iter(about.headers.get("content-type", ())), "")
        return Stored(data=data, content_type=content_type, stored_at=about.stored_at)

    async def _delete(self, key: str) -> None:
        about = await self._about(key)
        if about is not None:
            await self._js.purge_stream(OBJECTS_STREAM, subject=CHUNKS + about.nuid)
            await self._js.purge_stream(OBJECTS_STREAM, subject=_about_subject(key))

    async def _about(self, key: str) -> _About | None:
        # Asked of the leader: a replica may not know yet what has just been put.
        try:
            message = await self._js.get_last_msg(OBJECTS_STREAM, _about_subject(key))
        except NotFoundError:
            return None
        about = _decoder.decode(message.data or b"")
        return None if about.deleted else about

    async def _all(self) -> list[_About]:
        found = [_decoder.decode(body) for body in await self._reads.bodies(f"{ABOUT}>")]
        return [about for about in found if not about.deleted]

    async def _tidy(self) -> int:
        # Chunks before objects: what is put meanwhile is not among the chunks.
        info = await self._js.stream_info(OBJECTS_STREAM, subjects_filter=f"{CHUNKS}>")
        names = {subject.removeprefix(CHUNKS) for subject in info.state.subjects or {}}
        abandoned = names - {about.nuid for about in await self._all()}
        left = [name for name in abandoned if _is_old(name)]
        for name in left:
            await self._js.purge_stream(OBJECTS_STREAM, subject=CHUNKS + name)
        return len(left)

    async def _guarded(self, ask: Callable[[], Awaitable[T]]) -> T:
        async def attempt() -> T:
            # nats-py would keep the question for a server that comes back, and wait for long.
            if not self._nats.is_connected:
                raise Transient("the bus is away")
            return await ask()

        return await self._guard.call(attempt)


def _about_subject(key: str) -> str:
    return ABOUT + urlsafe_b64encode(key.encode()).decode()


def _is_old(name: str) -> bool:
    """Tell from the name we gave its chunks whether a put began long ago."""
    try:
        began = int(name[:TIME_CHARACTERS], 16)
    except ValueError:
        return False
    return len(name) == NAME_CHARACTERS and time() - began > ABANDONED.total_seconds()
