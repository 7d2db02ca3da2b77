"""A store that speaks S3, on this machine alone: it keeps what it is given while a test runs."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from django.test.utils import override_settings
from moto.server import ThreadedMotoServer

from psa.core.documents import backends

KEYS = {"aws_access_key_id": "tests", "aws_secret_access_key": "tests-secret"}


@dataclass(frozen=True)
class Bucket:
    """An empty bucket of a running store."""

    name: str
    endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        """What chooses it, for the settings of another process too."""
        return {
            "PSA_S3_BUCKET": self.name,
            "PSA_S3_ENDPOINT": self.endpoint,
            "PSA_S3_REGION": "us-east-1",
            "PSA_S3_ACCESS_KEY": KEYS["aws_access_key_id"],
            "PSA_S3_SECRET_KEY": KEYS["aws_secret_access_key"],
            "PSA_S3_ADDRESSING": "path",
        }

    @property
    def client(self) -> Any:
        """The store's own client, beside the application."""
        return boto3.client("s3", endpoint_url=self.endpoint, region_name="us-east-1", **KEYS)

    def names(self) -> list[str]:
        found = self.client.list_objects_v2(Bucket=self.name)
        return [item["Key"] for item in found.get("Contents", ())]


@contextmanager
def running_store() -> Iterator[str]:
    """The address of a store of its own."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def new_bucket(endpoint: str) -> Bucket:
    bucket = Bucket(f"documents-{uuid.uuid4().hex}", endpoint)
    bucket.client.create_bucket(Bucket=bucket.name)
    return bucket


@contextmanager
def documents_in(bucket: Bucket) -> Iterator[Bucket]:
    """Let this process, and those it starts, keep documents in the bucket, as the settings would."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in bucket.environment.items():
            patch.setenv(name, value)
        from django.conf import settings

        chosen = {**settings.STORAGES, "default": backends.storage_of(backends.S3())}
        with override_settings(STORAGES=chosen):
            yield bucket
