"""Fixtures that put a table of the catalog, its lake and a warehouse side by side, without Dagster."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lake_assets.catalog.document import to_source
from lake_assets.catalog.models import Column, FileOptions, Table
from lake_assets.catalog.rules import source_faults
from lake_assets.catalog.shape import read_shape
from lake_assets.checks.row_count import check_hours
from lake_assets.hours import ONE_HOUR
from lake_assets.lake.objects import LakeObject
from lake_assets.lake.s3 import Lake
from lake_assets.load.loader import TableLoader
from lake_assets.load.moved import find_moved
from lake_assets.load.report import LoadReport
from lake_assets.postgres import connect
from lake_assets.states.decide import Verdict
from lake_assets.states.records import Counts
from lake_assets.states.sentences import describe, sentence, why
from lake_assets.states.state import State
from lake_assets_tests.fix_lake import LakeBucket

HOUR = datetime(2018, 9, 6, 10, tzinfo=UTC)
ORDER_COLUMNS = {"id": "bigint", "amount": "numeric(12,2)", "placed_at": "timestamptz", "note": "text"}
GOOD = "1,10.50,2018-09-06 10:00:00,first\n2,20.00,2018-09-06 10:01:00,\n3,,2018-09-06 10:02:00,third\n"


def make_table(columns: Mapping[str, str] = ORDER_COLUMNS, **changes: Any) -> Table:
    """Make the table shop.orders with other columns or policies.

    Args:
        columns: name → type.
        changes: fields of `Table`; `files` may be a mapping of `FileOptions`.
    """
    if isinstance(changes.get("files"), dict):
        changes["files"] = FileOptions(**changes["files"])
    return Table(
        **{
            "source": "shop",
            "name": "orders",
            "columns": tuple(Column(name=name, type=declared) for name, declared in columns.items()),
            **changes,
        }
    )


@dataclass(frozen=True)
class ReadVerdict:
    """A verdict as people read it.

    Attributes:
        verdict: the verdict.
    """

    verdict: Verdict

    @property
    def state(self) -> State:
        """The state."""
        return self.verdict.state

    @property
    def passed(self) -> bool:
        """Whether every record of the lake is accounted for."""
        return self.verdict.passed

    @property
    def counts(self) -> Counts:
        """What the ledger says of its files."""
        return self.verdict.counts

    @property
    def in_main(self) -> int | None:
        """Rows of main."""
        return self.verdict.in_main

    @property
    def findings(self) -> tuple[str, ...]:
        """What differs."""
        return tuple(sentence(fact) for fact in self.verdict.found)

    @property
    def why(self) -> str | None:
        """Why it is so."""
        return why(self.verdict)

    @property
    def description(self) -> str:
        """The outcome."""
        return describe(self.verdict)


@dataclass(frozen=True)
class Bench:
    """A table, its folder in the lake, and a warehouse.

    Attributes:
        url: the warehouse.
        bucket: the lake's bucket.
        table: the table as the catalog has it.
    """

    url: str
    bucket: LakeBucket
    table: Table = field(default_factory=make_table)

    def with_table(self, columns: Mapping[str, str] = ORDER_COLUMNS, **changes: Any) -> "Bench":
        """Return the same bench with another table on it."""
        return replace(self, table=make_table(columns, **changes))

    def with_catalog(self, described: Mapping[str, Any]) -> "Bench":
        """Return the same bench with the table shop.orders as a catalog describes it.

        Args:
            described: what stands below `tables: orders:`; `files` may be among it.
        """
        table = dict(described)
        source = {"source": "shop", "start": "2018-09-06", "files": table.pop("files", {})}
        data = {**source, "tables": {"orders": table}}
        document, faults = read_shape(data)
        assert document, faults
        assert not list(source_faults(data))
        return replace(self, table=to_source(document, Path("shop.yaml")).tables[0])

    def put_records(
        self, records: Iterable[Sequence[str | None]], hour: datetime = HOUR, number: int = 0
    ) -> str:
        """Write a CDC file of records in RFC 4180, None as an empty cell, and give its key."""
        lines = (
            ",".join("" if cell is None else '"' + cell.replace('"', '""') + '"' for cell in record)
            for record in records
        )
        return self.put("".join(f"{line}\n" for line in lines), hour, number)

    @property
    def lake(self) -> Lake:
        """The lake."""
        return Lake(self.bucket.client, self.bucket.bucket)

    def key(self, hour: datetime = HOUR, number: int = 0) -> str:
        """Return the key of a CDC file of an hour."""
        return f"shop/{self.table.folder}/{hour:%Y%m%d-%H}{number:02d}00000.csv"

    def put(self, body: str | bytes, hour: datetime = HOUR, number: int = 0) -> str:
        """Write a CDC file of an hour, and give its key."""
        key = self.key(hour, number)
        self.bucket.put(key, body.encode() if isinstance(body, str) else body)
        return key

    def load(
        self, hour: datetime = HOUR, *, run_id: str = "test", followed_by: str | None = None
    ) -> LoadReport:
        """Load an hour as the lake has it now; by somebody's word rows go with files that vanished."""
        objects = self.lake.list_table("shop", self.table, hour, hour + ONE_HOUR).objects
        with TableLoader(self.url, self.lake, self.table, run_id, followed_by=followed_by) as loader:
            moved = find_moved(loader.connection, self.lake, loader.table, objects)
            return loader.load(hour, objects, moved=moved.get(hour, ()))

    def load_listed(
        self, objects: Sequence[LakeObject], hour: datetime = HOUR, *, run_id: str = "test"
    ) -> LoadReport:
        """Load an hour from objects that were listed before."""
        with TableLoader(self.url, self.lake, self.table, run_id) as loader:
            return loader.load(hour, objects)

    def load_twice(self, hour: datetime = HOUR) -> LoadReport:
        """Load an hour, load it again, and see that the second load changed nothing a reader can see."""
        self.load(hour)
        before = self.rows()
        report = self.load(hour)
        assert before == self.rows()
        return report

    def check(self, hour: datetime = HOUR, *, deep: bool = False) -> ReadVerdict:
        """Check an hour against lake and warehouse."""
        with connect(self.url, autocommit=True) as connection:
            (verdict,) = check_hours(connection, self.lake, self.table, [hour], deep=deep)
            return ReadVerdict(verdict)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the warehouse; an answer comes as a list of rows, a change as an empty list."""
        with psycopg.connect(self.url, autocommit=True, options="-c timezone=UTC") as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def rows(self, columns: str = "*") -> list[tuple[Any, ...]]:
        """Return main's rows in the order of hour, file and record."""
        order = "_lake_hour, _lake_file, _lake_record"
        return self.query(f'SELECT {columns} FROM shop."{self.table.name}" ORDER BY {order}')

    def quarantine(self, columns: str = "record, column_name, value, sqlstate, raw") -> list[tuple[Any, ...]]:
        """Return the quarantined records in the order of file and record."""
        return self.query(f"SELECT {columns} FROM lake_assets.quarantine ORDER BY hour, key, record")

    def state(self, hour: datetime = HOUR) -> tuple[Any, ...]:
        """Return state, records, loaded and quarantined of an hour by the ledger."""
        rows = self.query(
            "SELECT state, records, loaded, quarantined FROM lake_assets.table_hours "
            f"WHERE hour = '{hour.isoformat()}'"
        )
        return rows[0] if rows else ()


@pytest.fixture
def bench(warehouse_url: str, lake_bucket: LakeBucket) -> Bench:
    """Return a bench on PostgreSQL 18 with the table shop.orders."""
    return Bench(warehouse_url, lake_bucket)


@pytest.fixture
def bench16(warehouse16_url: str, lake_bucket: LakeBucket) -> Bench:
    """Return a bench on PostgreSQL 16, whose COPY cannot leave out a record."""
    return Bench(warehouse16_url, lake_bucket)


@pytest.fixture(params=["bench", "bench16"])
def any_bench(request: pytest.FixtureRequest) -> Bench:
    """Return a bench on PostgreSQL 18, then one on 16: both ways of casting must come to the same."""
    chosen: Bench = request.getfixturevalue(request.param)
    return chosen
