"""Fixtures of the lake's own tests: the program's client, and a lake in the test's bucket."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from lake_assets.embedded.s3 import S3Server
from lake_assets.lake.objects import LakeObject
from lake_assets.lake.s3 import Lake
from lake_assets_tests.fix_lake import LakeBucket
from lake_assets_tests.lake.tables import CHANGES, client_of, source_of, table_of

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


@pytest.fixture
def client(s3_server: S3Server) -> Iterator["S3Client"]:
    """Make the client that the program uses."""
    made = client_of(s3_server)
    yield made
    made.close()


@pytest.fixture
def lake(client: "S3Client", lake_bucket: LakeBucket) -> Lake:
    """Return the lake in the test's bucket, without a prefix."""
    return Lake(client, lake_bucket.bucket)


@pytest.fixture
def put_changes(lake_bucket: LakeBucket, lake: Lake) -> Callable[[bytes], LakeObject]:
    """Write one file of changes, and list it."""

    def put(body: bytes) -> LakeObject:
        lake_bucket.put(f"shop/orders/{CHANGES}", body)
        (listed,) = lake.list_table(source_of(), table_of()).objects
        return listed

    return put
