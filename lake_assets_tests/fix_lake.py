"""Fixtures of the lake: one S3 server for the whole run, a bucket of its own for each test."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from lake_assets.embedded.s3 import S3Server

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKETS_AHEAD = 4


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


@dataclass(frozen=True)
class Buckets:
    """Makes empty buckets ahead, for SeaweedFS sleeps a fifth of a second before a bucket's first object.

    Attributes:
        client: a boto3 client of the S3 server.
        pool: the threads that make them.
        ahead: those under way and those that are ready, the oldest first.
    """

    client: "S3Client"
    pool: ThreadPoolExecutor
    ahead: deque[Future[LakeBucket]] = field(default_factory=deque)

    def take(self) -> LakeBucket:
        """Give an empty bucket that nobody had before."""
        while len(self.ahead) <= BUCKETS_AHEAD:
            self.ahead.append(self.pool.submit(self._make))
        return self.ahead.popleft().result()

    def _make(self) -> LakeBucket:
        lake = LakeBucket(self.client, f"lake-{uuid4().hex}")
        self.client.create_bucket(Bucket=lake.bucket)
        lake.put("first", b"byte")
        lake.delete("first")
        return lake


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


@pytest.fixture(scope="session")
def buckets(s3_client: "S3Client") -> Iterator[Buckets]:
    """Make buckets ahead of the tests that need them."""
    with ThreadPoolExecutor(BUCKETS_AHEAD) as pool:
        yield Buckets(s3_client, pool)


@pytest.fixture
def lake_bucket(buckets: Buckets) -> Iterator[LakeBucket]:
    """Give an empty bucket; it goes, with its objects, when the test is over."""
    lake = buckets.take()
    yield lake
    lake.client.delete_bucket(Bucket=lake.bucket)
