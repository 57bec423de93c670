"""Proves docs/io-manager.md: its example runs as it stands, and its table of types is what happens."""

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import dagster as dg
import pandas as pd
import psycopg
import pytest

from lake_assets.embedded.s3 import REGION, S3Server
from lake_assets.hours import partition_key
from lake_assets.load.frames.slices import FrameSlice, read_slice, replace_slice
from lake_assets.orchestration.io_manager import PostgresIOManager
from lake_assets.orchestration.lake_resource import LakeResource
from lake_assets_tests.fix_bench import GOOD, HOUR, Bench
from lake_assets_tests.fix_dagster import URL_VARIABLE, Project

URL = dg.EnvVar(URL_VARIABLE)
DOCS = (Path(__file__).parents[2] / "docs" / "io-manager.md").read_text()
SHORT_NAMES = {"timestamp without time zone": "timestamp", "timestamp with time zone": "timestamptz"}
SHORT_NAMES["time without time zone"] = "time"
NAMES = {
    known.__name__: known for known in (date, datetime, time, timedelta, Decimal, UUID)
} | {"pd": pd, "UTC": UTC}  # fmt: skip


def type_rows() -> list[tuple[str, str, str]]:
    """Read the table of types: example, PostgreSQL type, dtype read."""
    table = re.search(r"^\| pandas \|.*\n\|[- |]+\n((?:\|.*\n)+)", DOCS, re.MULTILINE)
    assert table
    cells = [line.strip("|\n").split(" | ") for line in table[1].splitlines()]
    return [(example.strip(" `"), declared.strip(), dtype.strip()) for _, example, declared, dtype in cells]


@pytest.mark.parametrize(("example", "declared", "dtype"), type_rows())
def test_every_line_of_the_table_of_types_holds(
    connection: psycopg.Connection, example: str, declared: str, dtype: str
) -> None:
    """Each example makes a column of that type and comes back with that dtype and with equal values."""
    series = eval(example, NAMES)  # noqa: S307 - our own documentation
    frame = pd.DataFrame({"value": series})
    target = FrameSlice("public", "t")

    for _ in range(2):
        written = replace_slice(connection, target, [frame])
    back = read_slice(connection, target)["value"]

    made = written.types["value"]
    assert (SHORT_NAMES.get(made, made), str(back.dtype)) == (declared, dtype)
    assert back.isna().tolist() == series.isna().tolist()
    assert back.dropna().tolist() == series.dropna().tolist()


def run_block(number: int, **names: Any) -> dict[str, Any]:
    """Run a block of Python of the page, and give the names it leaves."""
    block = re.findall(r"```python\n(.*?)```", DOCS, re.DOTALL)[number]
    exec(block, names)  # noqa: S102 - our own documentation
    return names


def test_the_example_runs_as_it_stands(project: Project) -> None:
    """Its two assets fill their tables, day by day and again."""
    definitions: dg.Definitions = run_block(0)["defs"]
    job = definitions.resolve_implicit_global_asset_job_def()

    for day in ("2018-09-01", "2018-09-02", "2018-09-02"):
        run = job.execute_in_process(
            asset_selection=[dg.AssetKey(["sales", "orders"])], partition_key=day, instance=project.instance
        )
        assert run.success
    for _ in range(2):
        run = job.execute_in_process(
            asset_selection=[dg.AssetKey(["sales", "per_day"])], instance=project.instance
        )
        assert run.success

    assert project.query("SELECT * FROM sales.per_day ORDER BY day") == [
        ("2018-09-01", 2, Decimal("10.50")),
        ("2018-09-02", 2, Decimal("10.50")),
    ]
    assert len(project.query("SELECT id, day, amount FROM sales.orders")) == 4


def test_the_example_of_a_table_hour_runs_as_it_stands(
    project: Project, bench: Bench, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its asset loads the partition's hour of the lake, and again."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.secret_key)
    monkeypatch.setenv("AWS_REGION", REGION)
    hours = dg.HourlyPartitionsDefinition(start_date="2018-09-06-00:00")
    bench.put(GOOD)

    example = run_block(1, dg=dg, hours=hours, table=bench.table)
    resources = {"lake": LakeResource(bucket=bench.bucket.bucket), "io_manager": PostgresIOManager(url=URL)}
    for _ in range(2):
        assert dg.materialize(
            [example["orders"]],
            resources=resources,
            partition_key=partition_key(HOUR),
            instance=project.instance,
        ).success

    assert bench.rows("id") == [(1,), (2,), (3,)]
    assert bench.state() == ("loaded", 3, 3, 0)
