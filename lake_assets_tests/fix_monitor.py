"""Fixtures of the judge: a source in a lake, a warehouse, and a clock that is set by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lake_assets.catalog.models import Column, Source, Table
from lake_assets.hours import ONE_HOUR
from lake_assets.lake.s3 import Lake
from lake_assets.ledger.install import install
from lake_assets.load.loader import TableLoader
from lake_assets.load.report import LoadReport
from lake_assets.monitor.backlog import Request, ask_for_loads
from lake_assets.monitor.dms_api import DmsReport
from lake_assets.monitor.source import Judgement, judge_source
from lake_assets_tests.fix_lake import LakeBucket

START = datetime(2018, 9, 6, 10, tzinfo=UTC)
ROWS = "1,first\n2,second\n3,third\n"
DUE = timedelta(minutes=11)  # behind the end of an hour, its grace is over


def at(number: int) -> datetime:
    """Give an hour, counted from `START`."""
    return START + number * ONE_HOUR


def after(number: int) -> datetime:
    """Give the moment at which so many hours are over, their grace too."""
    return at(number) + DUE


def make_source(start: datetime = START, **tables: Mapping[str, Any]) -> Source:
    """Make the source `shop` of tables with the columns id and note; each may have fields of its own."""
    columns = (Column(name="id", type="bigint"), Column(name="note", type="text"))
    made = tuple(Table(source="shop", name=name, columns=columns, **own) for name, own in tables.items())
    return Source(name="shop", start=start, tables=made, path=Path("shop.yaml"))


@dataclass
class Court:
    """A source, its lake and its warehouse, before the judge.

    Attributes:
        url: the warehouse.
        connection: a session of it.
        bucket: the lake's bucket.
        source: the source as the catalog has it.
        now: the present moment; the source's first hours are over.
    """

    url: str
    connection: psycopg.Connection
    bucket: LakeBucket
    source: Source = field(default_factory=lambda: make_source(orders={}))
    now: datetime = START + ONE_HOUR + DUE

    @property
    def lake(self) -> Lake:
        """The lake."""
        return Lake(self.bucket.client, self.bucket.bucket)

    def put(self, number: int, body: str = ROWS, table: str = "orders", minute: int = 15) -> str:
        """Write a file of an hour, and give its key."""
        key = f"shop/{table}/{at(number):%Y%m%d-%H}{minute:02d}00000.csv"
        self.bucket.put(key, body.encode())
        return key

    def put_control(self, name: str, body: str, folder: str = "shop/") -> None:
        """Write a file of one of DMS's control tables, as of now."""
        self.bucket.put(f"{folder}{name}/{self.now:%Y%m%d-%H%M%S}000.csv", body.encode())

    def judge(self, dms: DmsReport | None = None) -> Judgement:
        """Judge the source as of now."""
        return judge_source(self.connection, self.lake, self.source, self.now, dms=dms)

    def ask(self, **options: Any) -> list[Request]:
        """Ask what is to be loaded now."""
        return ask_for_loads(self.connection, self.source, self.now, **{"most_runs": 4} | options)

    def load(self, *requests: Request) -> list[LoadReport]:
        """Load what was asked for, as the lake is now."""
        return [
            self.load_hour(table, hour) for request in requests for table, hour in request.run.table_hours
        ]

    def load_hour(self, table: Table, hour: datetime) -> LoadReport:
        """Load one table-hour as the lake has it now."""
        listing = self.lake.list_table(table.source_folder, table, hour, hour + ONE_HOUR)
        with TableLoader(self.url, self.lake, table, "test") as loader:
            return loader.load(hour, listing.by_hour().get(hour, ()))

    def round(self) -> list[tuple[str, int]]:
        """Judge, and load all that is asked for; give what that was, in its order."""
        self.judge()
        requests = self.ask()
        self.load(*requests)
        return asked(requests)

    def states(self, table: str = "orders") -> dict[int, str]:
        """Give the states the ledger has of a table, by number of the hour."""
        rows = self.connection.execute(
            "SELECT hour, state FROM lake_assets.table_hours WHERE table_name = %s ORDER BY hour", [table]
        )
        return {(hour - START) // ONE_HOUR: state for hour, state in rows}

    def note(self, number: int, table: str = "orders") -> str:
        """Give what the ledger notes of an hour."""
        row = self.connection.execute(
            "SELECT note FROM lake_assets.table_hours WHERE table_name = %s AND hour = %s",
            [table, at(number)],
        ).fetchone()
        return (row and row[0]) or ""

    def findings(self) -> dict[str, str]:
        """Give the notes of the open findings, by kind."""
        rows = self.connection.execute("SELECT kind, note FROM lake_assets.findings WHERE gone_at IS NULL")
        return dict(rows.fetchall())

    def remember(self, table: str, weeks: int, records: int, number: int = 0, state: str = "loaded") -> None:
        """Put past weeks of an hour into the ledger, as if they had been loaded or judged then."""
        for week in range(1, weeks + 1):
            self.connection.execute(
                "INSERT INTO lake_assets.table_hours "
                "(source, table_name, hour, state, files, records, loaded, run_id) "
                "VALUES ('shop', %s, %s, %s, %s, %s, %s, 'r')",
                [table, at(number) - week * timedelta(days=7), state, int(records > 0), records, records],
            )


def asked(requests: list[Request]) -> list[tuple[str, int]]:
    """Give the table-hours of requests, in their order: the table's name and the number of the hour."""
    return [
        (table.name, (hour - START) // ONE_HOUR)
        for request in requests
        for table, hour in sorted(request.run.table_hours, key=itemgetter(1))
    ]


@pytest.fixture
def court(warehouse_url: str, connection: psycopg.Connection, lake_bucket: LakeBucket) -> Court:
    """Give a court over the source `shop` with the hourly table `orders`, its first hour just over."""
    install(connection)
    connection.execute("SET timezone = 'UTC'")
    return Court(warehouse_url, connection, lake_bucket)
