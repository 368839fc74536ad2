"""Objects in a bucket of S3's kind, Cloudflare R2 for one, through aioboto3."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import aioboto3
from aiobotocore.config import AioConfig
from aiohttp import ClientError as TransportError
from botocore.exceptions import BotoCoreError, ClientError

from chassis import clock
from chassis.errors import Unavailable
from chassis.objects.port import Listed, Stored
from chassis.resilience import Backoff, Guard, Transient
from chassis.telemetry import get_logger

T = TypeVar("T")
CONNECT_SECONDS = 5
READ_SECONDS = 15
LOOK_SECONDS = 5.0
CALL_TIME = timedelta(seconds=20)
ATTEMPTS = 4
"""The first and three retries."""
BACKOFF = Backoff(
    first=timedelta(seconds=0.3), longest=timedelta(seconds=3), jitter=timedelta(seconds=0.3)
)
CONNECTIONS = 16
DELETES_AT_ONCE = 8
MISSING = {"NoSuchKey", "404"}
PASSING = {"SlowDown", "RequestTimeout", "InternalError", "ServiceUnavailable", "TooManyRequests"}
PASSING_STATUS = 429
BROKEN_STATUS = 500
log = get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Where a bucket is, and who may use it."""

    endpoint_url: str
    name: str
    access_key_id: str
    secret_access_key: str


class BucketRefused(Unavailable):
    """The store answers and says no: a wrong key, or no such bucket."""


class S3Objects:
    """An ObjectStore in a bucket; made by `open_s3`."""

    def __init__(self, client: Any, bucket: str, guard: Guard) -> None:
        """Use an open client."""
        self._client = client
        self._bucket = bucket
        self._guard = guard

    async def put(self, key: str, data: bytes, *, content_type: str) -> None:
        """Keep an object."""
        await self._call(
            lambda: self._client.put_object(
                Bucket=self._bucket, Key=key, Body=data, ContentType=content_type
            )
        )

    async def get(self, key: str) -> Stored | None:
        """Return an object."""
        return await self._call(lambda: self._get(key))

    async def delete(self, *keys: str) -> None:
        """Remove objects, some at a time."""
        room = asyncio.Semaphore(DELETES_AT_ONCE)

        async def remove(key: str) -> None:
            async with room:
                await self._call(lambda: self._client.delete_object(Bucket=self._bucket, Key=key))

        for failed in await asyncio.gather(*map(remove, keys), return_exceptions=True):
            if failed is not None:
                raise failed

    async def list_objects(self, prefix: str) -> list[Listed]:
        """Return what the bucket lists, page after page."""
        found: list[Listed] = []
        more: dict[str, str] = {}
        while True:
            page = await self._page(prefix, more)
            found += [_listed(each) for each in page.get("Contents", ())]
            if not page.get("IsTruncated"):
                return sorted(found, key=lambda each: each.key)
            more = {"ContinuationToken": page["NextContinuationToken"]}

    async def tidy(self) -> int:
        """Do nothing: a put is one request, whole or refused."""
        return 0

    async def _page(self, prefix: str, more: dict[str, str]) -> dict[str, Any]:
        return await self._call(
            lambda: self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, **more)
        )

    async def _get(self, key: str) -> Stored | None:
        try:
            found: dict[str, Any] = await self._client.get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if _code(error) in MISSING:
                return None
            raise
        body: Any = found["Body"]
        async with body:
            data: bytes = await body.read()
        stored_at = found.get("LastModified") or clock.now()
        return Stored(data=data, content_type=found.get("ContentType", ""), stored_at=stored_at)

    async def _call(self, ask: Callable[[], Awaitable[T]]) -> T:
        async def attempt() -> T:
            try:
                return await ask()
            except ClientError as error:
                raise _meaning(error) from error
            except (BotoCoreError, TransportError) as error:
                raise Transient(type(error).__name__) from error

        return await self._guard.call(attempt)


@asynccontextmanager
async def open_s3(bucket: Bucket) -> AsyncGenerator[S3Objects]:
    """Yield the objects of a bucket; one that cannot be used is told in the log at once."""
    guard = Guard(upstream="objects", timeout=CALL_TIME, attempts=ATTEMPTS, backoff=BACKOFF)
    # Opening reads the SDK's own models from disk, some 100 ms: once, at start-up.
    opening: Any = aioboto3.Session().client(
        "s3",
        endpoint_url=bucket.endpoint_url,
        aws_access_key_id=bucket.access_key_id,
        aws_secret_access_key=bucket.secret_access_key,
        region_name="auto",
        config=_config(),
    )
    async with opening as client:
        client.meta.events.register("before-sign.s3.PutObject", _without_expect)
        store = S3Objects(client, bucket.name, guard)
        await _look(store)
        yield store


async def _look(store: S3Objects) -> None:
    """Say in the log whether the bucket can be used; whoever needs it will say so too."""
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            await store.list_objects("export/")
    except Unavailable as error:
        log.error("objects_unusable", reason=str(error))  # noqa: TRY400 (the sentence says it)
    except TimeoutError:
        log.error("objects_unusable", reason="R2_ENDPOINT_URL: nobody answers.")  # noqa: TRY400


def _without_expect(request: Any, **_: object) -> None:
    # The SDK asks before it sends a body; a store that does not answer that would never get it.
    del request.headers["Expect"]


def _config() -> AioConfig:
    return AioConfig(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        max_pool_connections=CONNECTIONS,
        retries={"total_max_attempts": 1},  # the guard's business
        s3={"addressing_style": "path"},
        # Not every store of S3's kind knows the checksums that the SDK adds by itself.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


def _listed(each: dict[str, Any]) -> Listed:
    return Listed(key=each["Key"], size=each["Size"], stored_at=each["LastModified"])


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _meaning(error: ClientError) -> Exception:
    """Return what an answer of S3's that is not a success means to us."""
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    code = _code(error)
    if status >= BROKEN_STATUS or status == PASSING_STATUS or code in PASSING:
        return Transient(f"S3 answered {status}")
    shown = code if re.fullmatch(r"[A-Za-z0-9]{1,40}", code) else "no code"
    return BucketRefused(f"R2_BUCKET_NAME: the store answers {status} {shown}.")
