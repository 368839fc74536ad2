"""The three object stores of the one suite, each empty and on its real server."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from typing import Any

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer

from chassis.objects.jetstream import JetStreamObjects
from chassis.objects.memory import MemoryObjects
from chassis.objects.port import ObjectStore
from chassis.objects.s3 import Bucket, open_s3
from chassis.tests.consuming import connected

NUMBERS = count(1)
KEY_ID = "key-id"
SECRET = "secret-key"


@contextmanager
def moto() -> Generator[str]:
    """Serve S3 on a free port."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def a_bucket(url: str) -> Bucket:
    """Return a bucket on that server that nobody has used."""
    name = f"test-{next(NUMBERS)}"
    client = plain_client(url)
    client.create_bucket(Bucket=name)
    client.close()
    return at(url, name)


def at(url: str, name: str) -> Bucket:
    """Return the bucket of that name."""
    return Bucket(endpoint_url=url, name=name, access_key_id=KEY_ID, secret_access_key=SECRET)


def plain_client(url: str) -> Any:
    """Return the usual client of S3, as an operator's tools are."""
    return boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id=KEY_ID,
        aws_secret_access_key=SECRET,
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}),
    )


@asynccontextmanager
async def opened(kind: str, nats: str, s3: str) -> AsyncGenerator[ObjectStore]:
    """Yield a store of that kind, empty."""
    if kind == "memory":
        yield MemoryObjects()
    elif kind == "jetstream":
        async with connected(nats) as client:
            yield JetStreamObjects(client)
    else:
        async with open_s3(a_bucket(s3)) as store:
            yield store
