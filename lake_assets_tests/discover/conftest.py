"""Fixtures of discovery: a lake that nobody has described, and what comes of describing and loading it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lake_assets.catalog.models import Table
from lake_assets.catalog.read import read_catalog
from lake_assets.discover.lake_discovery import discover
from lake_assets.discover.report import SourceReport
from lake_assets.lake.s3 import Lake
from lake_assets.load.loader import TableLoader
from lake_assets.load.report import LoadReport
from lake_assets_tests.fix_lake import LakeBucket

FULL = "LOAD00000001.csv"
CHANGES = "20180906-101530123.csv"
LATER = "20180906-111530123.csv"


@dataclass(frozen=True)
class Unknown:
    """A lake without a catalog.

    Attributes:
        url: the warehouse.
        bucket: the lake's bucket.
        folder: the catalog's folder.
    """

    url: str
    bucket: LakeBucket
    folder: Path

    @property
    def lake(self) -> Lake:
        """The lake."""
        return Lake(self.bucket.client, self.bucket.bucket)

    def put(self, body: str | bytes, key: str = f"shop/orders/{FULL}") -> None:
        """Write a file."""
        self.bucket.put(key, body.encode() if isinstance(body, str) else body)

    def discover(self, *names: str) -> list[SourceReport]:
        """Describe the lake."""
        return discover(self.lake, self.folder, names)

    def text(self, source: str = "shop") -> str:
        """Give the catalog file of a source."""
        return (self.folder / f"{source}.yaml").read_text(encoding="utf-8")

    def table(self, name: str = "shop.orders") -> Table:
        """Give a table of the catalog."""
        return read_catalog(self.folder).table(name)

    def types(self, name: str = "shop.orders") -> dict[str, str]:
        """Give the types of a table's columns."""
        return {column.name: column.type for column in self.table(name).columns}

    def describe(self, body: str | bytes, key: str = f"shop/orders/{FULL}") -> dict[str, str]:
        """Write a file, describe the lake, and give the types of the table shop.orders."""
        self.put(body, key)
        self.discover()
        return self.types()

    def load(self) -> list[LoadReport]:
        """Load all hours of all tables of the catalog."""
        reports = []
        for table in read_catalog(self.folder).tables:
            listing = self.lake.list_table(table.source_folder, table)
            with TableLoader(self.url, self.lake, table, "test") as loader:
                reports += [loader.load(hour, objects) for hour, objects in listing.by_hour().items()]
        return reports

    def rows(self, name: str = "shop.orders") -> Sequence[tuple[Any, ...]]:
        """Give the rows of a table, in the order of the files, the lake's own columns left out."""
        table = self.table(name)
        query = psycopg.sql.SQL("SELECT {} FROM {} ORDER BY _lake_hour, _lake_file, _lake_record").format(
            psycopg.sql.SQL(", ").join(psycopg.sql.Identifier(column.name) for column in table.columns),
            psycopg.sql.Identifier(table.schema_name, table.name),
        )
        with psycopg.connect(self.url, options="-c timezone=UTC") as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
def unknown(warehouse_url: str, lake_bucket: LakeBucket, tmp_path: Path) -> Unknown:
    """Give an empty lake, an empty warehouse and no catalog."""
    return Unknown(warehouse_url, lake_bucket, tmp_path / "catalog")
