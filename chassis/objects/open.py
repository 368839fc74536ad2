"""Opening the store that the settings name."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from nats.aio.client import Client

from chassis.app import Service
from chassis.objects.jetstream import JetStreamObjects
from chassis.objects.port import ObjectStore
from chassis.objects.sealed import SealedObjects
from chassis.settings import ObjectStoreSettings


@asynccontextmanager
async def open_objects(
    settings: ObjectStoreSettings, app: Service
) -> AsyncGenerator[SealedObjects]:
    """Yield the objects, sealed: in S3 where R2 is configured, else in JetStream."""
    async with open_store(settings, app.nats) as store:
        yield SealedObjects(store, app.journal.log.keyring)


@asynccontextmanager
async def open_store(settings: ObjectStoreSettings, nats: Client) -> AsyncGenerator[ObjectStore]:
    """Yield the store itself, which knows nothing of keys."""
    endpoint_url, name = settings.r2_endpoint_url, settings.r2_bucket_name
    key_id, secret = settings.r2_access_key_id, settings.r2_secret_access_key
    if endpoint_url is None or name is None or key_id is None or secret is None:
        yield JetStreamObjects(nats)
        return
    # Only here: importing the SDK takes 0.8 s and memory that nobody else needs.
    from chassis.objects.s3 import Bucket, open_s3  # noqa: PLC0415

    bucket = Bucket(
        endpoint_url=endpoint_url,
        name=name,
        access_key_id=key_id.get_secret_value(),
        secret_access_key=secret.get_secret_value(),
    )
    async with open_s3(bucket) as store:
        yield store
