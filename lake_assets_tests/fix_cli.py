"""Fixtures of the command line: a company's lake, warehouse, catalog and Dagster home, with its commands."""

import json
import os
import shutil
import sqlite3
import subprocess
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import dagster as dg
import psycopg
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, event

from lake_assets.cli.main import main
from lake_assets.embedded.s3 import REGION, S3Server
from lake_assets.hours import ONE_HOUR, floor_hour, format_hour
from lake_assets.orchestration.instance import open_instance
from lake_assets_tests.fix_lake import LakeBucket

# Half a day ago: hours near it are over for sure, whatever the minute hand does while a test runs.
START = floor_hour(datetime.now(UTC)) - timedelta(hours=12)
COMMAND = Path(sysconfig.get_path("scripts")) / "lake-assets"
EVENTS_IN_ONE_FILE = """\
event_log_storage:
  module: dagster._core.storage.event_log
  class: ConsolidatedSqliteEventLogStorage
  config: {{base_dir: '{}'}}
"""
ROWS = "1,first\n2,second\n3,third\n"


def hour(number: int) -> datetime:
    """Return an hour, counted from `START`."""
    return START + number * ONE_HOUR


def shown(number: int) -> str:
    """Return an hour, counted from `START`, as people write it."""
    return format_hour(hour(number))


def in_json(number: int) -> str:
    """Return an hour, counted from `START`, as --json writes it."""
    return f"{hour(number):%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True)
class Company:
    """A company that uses lake_assets: everything its commands need, in places of its own.

    Attributes:
        url: its warehouse.
        bucket: its lake.
        server: the S3 server the lake is on.
        folder: where its catalog and DAGSTER_HOME are, and its commands run.
    """

    url: str = field(repr=False)
    bucket: LakeBucket
    server: S3Server
    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        """The variables its commands run under, none of this process's but PATH."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LAKE_ASSETS_LAKE": f"s3://{self.bucket.bucket}",
            "LAKE_ASSETS_WAREHOUSE": self.url,
            "LAKE_ASSETS_CATALOG": str(self.folder / "catalog"),
            "LAKE_ASSETS_HOME": str(self.folder / ".lake_assets"),
            "DAGSTER_HOME": str(self.folder / "dagster"),
            "DAGSTER_DISABLE_TELEMETRY": "1",
            "AWS_ENDPOINT_URL": self.server.endpoint,
            "AWS_ACCESS_KEY_ID": self.server.access_key,
            "AWS_SECRET_ACCESS_KEY": self.server.secret_key,
            "AWS_DEFAULT_REGION": REGION,
            "COLUMNS": "100",
        }

    def write_catalog(self, tables: str, source: str = "shop", start: datetime = START) -> None:
        """Write the catalog file of a source.

        Args:
            tables: what stands under `tables`, in YAML.
            source: its name.
            start: its first hour.
        """
        text = f"source: {source}\nstart: {format_hour(start)}\ntables:\n"
        body = "".join(f"  {line}\n" for line in dedent(tables).strip().splitlines())
        (self.folder / "catalog" / f"{source}.yaml").write_text(text + body, encoding="utf-8")

    def put(self, number: int, body: str = ROWS, table: str = "shop/orders", minute: int = 15) -> str:
        """Write a CDC file of an hour into the lake, and return its key.

        Args:
            number: the hour, counted from `START`.
            body: its records.
            table: the folder, `source/table`.
            minute: of the hour, so that an hour can have several files.
        """
        key = f"{table}/{hour(number):%Y%m%d-%H}{minute:02d}00000.csv"
        self.bucket.put(key, body.encode())
        return key

    def invoke(self, *words: str, **environ: str) -> Result:
        """Run a command in this process; standard output and standard error are kept apart."""
        return CliRunner().invoke(main, words, env=self.environ | environ)

    def ask(self, *words: str) -> list[dict[str, Any]]:
        """Run a command with --json and return its table-hours."""
        hours: list[dict[str, Any]] = json.loads(self.invoke(*words, "--json").stdout)["table_hours"]
        return hours

    def run(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a process of its own."""
        return subprocess.run(
            [COMMAND, *words],
            env=self.environ | environ,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the warehouse; an answer comes as a list of rows, a change as an empty list."""
        with psycopg.connect(self.url, autocommit=True, options="-c timezone=UTC") as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def rows(self, table: str = "shop.orders") -> int:
        """Return how many rows a main table has."""
        return int(self.query(f"SELECT count(*) FROM {table}")[0][0])

    @contextmanager
    def dagster(self) -> Iterator[dg.DagsterInstance]:
        """Open its Dagster instance for a with block."""
        with dg.DagsterInstance.from_config(self.environ["DAGSTER_HOME"]) as instance:
            yield instance


@event.listens_for(Engine, "connect")
def _do_without_durability(opened: Any, _record: Any) -> None:
    """Let Dagster's files not wait for the disk; PostgreSQL does without in tests, too."""
    if isinstance(opened, sqlite3.Connection):
        opened.execute("PRAGMA synchronous = OFF")


def keep_events_in_one_file(home: Path) -> None:
    """Write a dagster.yaml; Dagster's default, a file for each run, makes a load cost a third more."""
    (home / "dagster.yaml").write_text(EVENTS_IN_ONE_FILE.format(home / "events"))


@pytest.fixture(scope="session")
def dagster_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a DAGSTER_HOME without runs to copy, for making one takes Dagster a second."""
    home = tmp_path_factory.mktemp("dagster_home")
    keep_events_in_one_file(home)
    with open_instance(home) as instance:
        instance.get_runs_count()
    return home


@pytest.fixture
def company(
    warehouse_url: str, lake_bucket: LakeBucket, s3_server: S3Server, dagster_home: Path, tmp_path: Path
) -> Company:
    """Return a company with the table shop.orders, of which no hour need have files, and an empty lake."""
    shutil.copytree(dagster_home, tmp_path / "dagster")
    if (dagster_home / "dagster.yaml").exists():
        keep_events_in_one_file(tmp_path / "dagster")
    (tmp_path / "catalog").mkdir()
    new = Company(warehouse_url, lake_bucket, s3_server, tmp_path)
    new.write_catalog("orders: {expect: sparse, columns: {id: bigint, note: text}}")
    return new
