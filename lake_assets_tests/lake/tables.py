"""The table `shop.orders` and a client as the program makes it, for the tests of this folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lake_assets.catalog.models import Column, FileOptions, Source, Table
from lake_assets.embedded.s3 import S3Server
from lake_assets.hours import parse_hour
from lake_assets.lake.s3_client import make_client
from lake_assets_tests.fix_proxy import FaultyProxy

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

HOUR = parse_hour("2018-09-06T10")
CHANGES = "20180906-101530123.csv"


def table_of(folder: str = "orders", zone: str = "UTC", layout: str = "auto") -> Table:
    """Make a table of the source `shop`."""
    columns = (Column(name="id", type="bigint"),)
    files = FileOptions(layout=layout, timezone=zone)
    return Table(source="shop", name="orders", folder=folder, columns=columns, files=files)


def source_of(folder: str = "shop") -> Source:
    """Make the source `shop`."""
    return Source(name="shop", folder=folder, start=HOUR, tables=(), path=Path("shop.yaml"))


def client_of(server: S3Server | FaultyProxy, **options: Any) -> "S3Client":
    """Make the client that the program uses, for this server."""
    keys = {"aws_access_key_id": server.access_key, "aws_secret_access_key": server.secret_key}
    return make_client(**{"endpoint_url": server.endpoint, "attempts": 1, **keys, **options})
