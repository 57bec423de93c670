"""Fixtures of the lake: one S3 server for the whole run, a bucket of its own for each test."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from lake_assets.embedded.s3 import S3Server

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class LakeBucket:
    """An empty bucket, and the client that reaches it.

    Attributes:
        client: a boto3 client of the S3 server.
        bucket: the bucket's name.
    """

    client: "S3Client"
    bucket: str

    def put(self, key: str, body: bytes) -> None:
        """Write an object."""
        self.client.put_object(Bucket=self.bucket, Key=key, Body=body)

    def delete(self, key: str) -> None:
        """Delete an object."""
        self.client.delete_object(Bucket=self.bucket, Key=key)


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """Run the S3 server."""
    server = S3Server(tmp_path_factory.mktemp("s3"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def s3_client(s3_server: S3Server) -> Iterator["S3Client"]:
    """Open one client for all tests."""
    client = s3_server.client()
    yield client
    client.close()


@pytest.fixture
def lake_bucket(s3_client: "S3Client") -> Iterator[LakeBucket]:
    """Make an empty bucket; it goes, with its objects, when the test is over."""
    lake = LakeBucket(s3_client, f"lake-{uuid4().hex}")
    lake.client.create_bucket(Bucket=lake.bucket)
    yield lake
    lake.client.delete_bucket(Bucket=lake.bucket)
