"""An S3 of our own: moto's server with one bucket."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer

BUCKET = "bucket"
KEY_ID = "r2-key-id-canary"
SECRET = "r2-secret-canary"


@dataclass(frozen=True, slots=True)
class Buckets:
    """The address of the store, and what lies in it."""

    url: str
    client: Any

    def keys(self, prefix: str = "") -> list[str]:
        """Return the keys of all objects below a prefix."""
        found = self.client.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [str(each["Key"]) for each in found.get("Contents", [])]

    def read(self, key: str) -> bytes:
        """Return an object as it lies there."""
        return bytes(self.client.get_object(Bucket=BUCKET, Key=key)["Body"].read())


@contextmanager
def buckets() -> Generator[Buckets]:
    """Serve on a free port, in a thread of its own."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        client = boto3.client(
            "s3",
            endpoint_url=url,
            aws_access_key_id=KEY_ID,
            aws_secret_access_key=SECRET,
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}),
        )
        client.create_bucket(Bucket=BUCKET)
        yield Buckets(url, client)
        client.close()
    finally:
        server.stop()
