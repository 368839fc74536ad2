"""Which store a service opens: the operator's bucket where one is named, else JetStream's."""

from chassis.app import service
from chassis.objects.open import open_objects, open_store
from chassis.objects.s3 import S3Objects
from chassis.settings import ObjectStoreSettings, load
from chassis.testing import Database
from chassis.tests.consuming import connected
from chassis.tests.logged import WORDS, a_stream, heard, on_record
from chassis.tests.stores import a_bucket


def environment(postgres: Database, nats: str) -> dict[str, str]:
    return {"DATABASE_URL": postgres.service_url, "NATS_URL": nats, "HOST": "127.0.0.1"}


async def test_without_a_bucket_a_service_keeps_sealed_objects_in_jetstream(
    postgres: Database, nats: str
):
    settings, stream = load(ObjectStoreSettings, environment(postgres, nats)), a_stream()
    key = f"text/{stream}/a.txt"
    async with service("speech", settings) as app, open_objects(settings, app) as objects:
        await app.journal.record(stream, [heard()])
        await objects.put(on_record(stream), key, WORDS.encode(), content_type="text/plain")
        found = await objects.get(stream, key)
        assert found is not None
        assert found.data == WORDS.encode()
        async with open_store(settings, app.nats) as store:
            raw = await store.get(key)
            assert raw is not None
            assert WORDS.encode() not in raw.data


async def test_with_a_bucket_they_lie_there(postgres: Database, nats: str, s3: str):
    bucket = a_bucket(s3)
    named = {
        "R2_ENDPOINT_URL": bucket.endpoint_url,
        "R2_BUCKET_NAME": bucket.name,
        "R2_ACCESS_KEY_ID": bucket.access_key_id,
        "R2_SECRET_ACCESS_KEY": bucket.secret_access_key,
    }
    settings = load(ObjectStoreSettings, environment(postgres, nats) | named)
    async with connected(nats) as client, open_store(settings, client) as store:
        assert isinstance(store, S3Objects)
        await store.put("text/a.txt", b"x", content_type="text/plain")
        assert [each.key for each in await store.list_objects("")] == ["text/a.txt"]
