"""S3's adapter where the store refuses, fails or hangs, and what it sends on the wire."""

from collections.abc import AsyncGenerator

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from chassis.errors import Unavailable
from chassis.objects.s3 import S3Objects, open_s3
from chassis.tests.stores import a_bucket, at

KEY = "text/2f0c1b9e-0000-4000-8000-000000000001/藥 1+1.txt"
ORDINARY = {
    "accept-encoding",
    "amz-sdk-invocation-id",
    "amz-sdk-request",
    "authorization",
    "content-length",
    "content-type",
    "host",
    "user-agent",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-user-agent",
    "accept",
}


class PlainStore:
    """The least that calls itself S3: it keeps bytes, and fails as a test says."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.failures: list[int] = []
        self.headers: set[str] = set()
        self.requests: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        """Answer as the listed failures say, then properly."""
        self.headers |= {name.lower() for name in request.headers}
        self.requests.append(f"{request.method} {request.path}")
        if self.failures:
            return web.Response(status=self.failures.pop(0))
        if request.method == "PUT":
            self.kept[request.path] = await request.read()
            return web.Response()
        if request.method == "DELETE":
            self.kept.pop(request.path, None)
        elif request.query.get("list-type") == "2":
            return web.Response(text="<ListBucketResult/>", content_type="application/xml")
        elif request.path not in self.kept:
            return web.Response(status=404)
        return web.Response(body=self.kept.get(request.path, b""))


@pytest.fixture
async def plain() -> AsyncGenerator[tuple[PlainStore, S3Objects]]:
    store, app = PlainStore(), web.Application()
    app.router.add_route("*", "/{rest:.*}", store.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with open_s3(at(f"http://127.0.0.1:{runner.addresses[0][1]}", "bucket")) as objects:
        yield store, objects
    await runner.cleanup()


async def test_it_speaks_to_the_plainest_store(plain: tuple[PlainStore, S3Objects]):
    store, objects = plain
    await objects.put(KEY, b"words", content_type="text/plain")
    found = await objects.get(KEY)
    assert found is not None
    assert found.data == b"words"
    assert store.kept == {f"/bucket/{KEY}": b"words"}
    await objects.delete(KEY)
    assert await objects.get(KEY) is None
    assert await objects.list_objects("text/") == []
    assert store.headers <= ORDINARY


async def test_what_passes_is_tried_three_times_more(plain: tuple[PlainStore, S3Objects]):
    store, objects = plain
    store.requests.clear()
    store.failures = [500, 503, 429]
    await objects.put(KEY, b"words", content_type="text/plain")
    assert len(store.requests) == 4
    store.failures = [500, 500, 500, 500]
    with pytest.raises(Unavailable):
        await objects.get(KEY)
    assert store.failures == []


async def test_a_refusal_is_not_tried_again(plain: tuple[PlainStore, S3Objects]):
    store, objects = plain
    store.requests.clear()
    store.failures = [403]
    with pytest.raises(Unavailable, match="the store answers 403"):
        await objects.get(KEY)
    assert len(store.requests) == 1


async def test_a_bucket_that_is_not_there_is_told_at_start_up_and_never_made(s3: str):
    with capture_logs() as logs:
        async with open_s3(at(s3, "no-such-bucket")) as objects:
            with pytest.raises(Unavailable, match="NoSuchBucket"):
                await objects.put(KEY, b"x", content_type="text/plain")
    (said,) = [each for each in logs if each["event"] == "objects_unusable"]
    assert said["reason"] == "R2_BUCKET_NAME: the store answers 404 NoSuchBucket."


async def test_a_store_that_is_away_does_not_keep_a_service_from_starting():
    with capture_logs() as logs:
        async with open_s3(at("http://127.0.0.1:9", "bucket")) as objects:
            with pytest.raises(Unavailable):
                await objects.get(KEY)
    assert "objects_unusable" in [each["event"] for each in logs]


async def test_no_key_of_an_object_is_logged(plain: tuple[PlainStore, S3Objects]):
    store, objects = plain
    store.failures = [500, 403]
    with capture_logs() as logs, pytest.raises(Unavailable):
        await objects.put(KEY, b"words", content_type="text/plain")
    assert "2f0c1b9e" not in str(logs)


async def test_names_of_any_script_are_kept(s3: str):
    async with open_s3(a_bucket(s3)) as objects:
        await objects.put(KEY, b"words", content_type="text/plain")
        assert [each.key for each in await objects.list_objects("text/")] == [KEY]
