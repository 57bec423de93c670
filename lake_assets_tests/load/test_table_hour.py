"""Proves what `orchestration.io_manager` does with table-hours of the lake, and what it never shows."""

from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import dagster as dg
import pandas as pd
import pytest
from dagster._serdes import serialize_value

from lake_assets.hours import ONE_HOUR, partition_key
from lake_assets.orchestration.io_manager import PostgresIOManager, TableHour
from lake_assets.orchestration.metadata import definition_metadata
from lake_assets_tests.fix_bench import GOOD, HOUR, Bench
from lake_assets_tests.fix_dagster import URL_VARIABLE, Project, metadata_of, reason_of

HOURLY = dg.HourlyPartitionsDefinition(start_date="2018-09-06-00:00", end_date="2018-09-08-00:00")
KEY = partition_key(HOUR)
PARTLY_BAD = "1,10.50,2018-09-06,first\n2,1O2,2018-09-06,bad amount\n"


def lake_asset(bench: Bench) -> dg.AssetsDefinition:
    """Make the asset of the bench's table, whose partitions are hours of the lake."""

    @dg.asset(key=["shop", "orders"], metadata=definition_metadata(bench.table), partitions_def=HOURLY)
    def orders(context: dg.AssetExecutionContext) -> TableHour:
        return TableHour(bench.lake, bench.table, context.partition_time_window.start)

    return orders


def materialized(project: Project) -> set[str]:
    """Return the partitions of [shop, orders] that Dagster holds for materialized."""
    return project.instance.get_materialized_partitions(dg.AssetKey(["shop", "orders"]))


def test_a_table_hour_is_loaded_with_quarantine_and_ledger(project: Project, bench: Bench) -> None:
    """The hour goes the lake's way, and Dagster is told of it what it is told of every table-hour."""
    bench.put(PARTLY_BAD)

    result = project.twice(lake_asset(bench), partition=KEY)

    assert bench.rows("id, note, _lake_record") == [(1, "first", 1)]
    assert [row[:3] for row in bench.quarantine()] == [(2, "amount", "1O2")]
    assert bench.state() == ("quarantined", 2, 1, 1)
    assert bench.query("SELECT DISTINCT run_id FROM lake_assets.files") == [(result.run_id,)]
    metadata = metadata_of(result)[0]
    assert (metadata["dagster/row_count"], metadata["quarantined"], metadata["state"]) == (
        1,
        1,
        "quarantined",
    )
    assert metadata["files"] == [f"s3://{bench.bucket.bucket}/{bench.key()}"]


def test_a_failed_table_hour_is_not_materialized(project: Project, bench: Bench) -> None:
    """The reason fails the step, main keeps the hour's rows, and Dagster has no materialization."""
    orders = lake_asset(bench)
    bench.put("x,x,x,x\n", HOUR + ONE_HOUR)
    bench.put(GOOD)
    project.run(orders, partition=KEY)
    bench.put("x,x,x,x\n")

    for hour in (HOUR, HOUR + ONE_HOUR):
        reason = reason_of(project.run(orders, partition=partition_key(hour), fails=True))
        assert "failed: None of 1 records can be loaded" in reason

    assert bench.rows("id") == [(1,), (2,), (3,)]
    assert bench.state()[0] == "failed"
    assert materialized(project) == {KEY}


def test_a_missing_table_hour_fails_and_a_quiet_one_does_not(project: Project, bench: Bench) -> None:
    """An hour without a file fails where one was due, and is empty where none was."""
    reason = reason_of(project.run(lake_asset(bench), partition=KEY, fails=True))
    sparse = bench.with_table(expect="sparse")
    daily = bench.with_table(expect="daily")

    project.twice(lake_asset(sparse), partition=KEY)
    daily.put(GOOD)
    project.twice(lake_asset(daily), partition="2018-09-06-23:00")

    assert "shop.orders 2018-09-06T10: missing" in reason
    assert bench.state()[0] == "quiet"
    assert materialized(project) == {KEY, "2018-09-06-23:00"}


def test_a_table_hour_has_to_be_the_runs_partition(project: Project, bench: Bench) -> None:
    """Another hour, or one hour for a range of them, is refused before anything is loaded."""

    @dg.asset(partitions_def=HOURLY)
    def wrong() -> TableHour:
        return TableHour(bench.lake, bench.table, HOUR)

    bench.put(GOOD)
    other = project.run(wrong, partition="2018-09-06-11:00", fails=True)
    several = project.run(wrong, between=("2018-09-06-10:00", "2018-09-06-11:00"), fails=True)

    assert "The TableHour is 2018-09-06T10" in reason_of(other)
    assert "multi_run(1)" in reason_of(several)
    assert bench.query("SELECT to_regclass('shop.orders')") == [(None,)]


def test_a_table_hour_can_be_the_whole_of_an_asset(project: Project, bench: Bench) -> None:
    """An asset without partitions may return any moment of an hour."""

    @dg.asset
    def once() -> TableHour:
        return TableHour(bench.lake, bench.table, HOUR.replace(minute=59))

    bench.put(GOOD)

    project.twice(once)

    assert bench.state() == ("loaded", 3, 3, 0)


def test_an_unknown_file_of_the_hours_day_is_reported(project: Project, bench: Bench) -> None:
    """A stranger in the table's folder is a warning of the run, and is not loaded."""
    bench.put(GOOD)
    bench.bucket.put("shop/orders/notes.txt", b"1,1,2018-09-06,note\n")

    result = project.twice(lake_asset(bench), partition=KEY)

    logs = [entry.user_message for entry in project.instance.all_logs(result.run_id)]
    assert any("Not loaded" in entry and "notes.txt" in entry for entry in logs)
    assert len(bench.rows()) == 3


@pytest.mark.parametrize("schema", ["shop", "elsewhere"])
def test_a_table_of_the_lake_is_read_with_its_own_columns(
    project: Project, bench: Bench, schema: str
) -> None:
    """Whatever schema the catalog gives, readers get the hour's columns; `_lake_*` only if they ask."""
    there = bench.with_table(schema_name=schema)
    orders = lake_asset(there)
    seen: dict[str, pd.DataFrame] = {}

    @dg.asset(partitions_def=HOURLY, ins={"orders": dg.AssetIn(key=["shop", "orders"])})
    def plain(orders: pd.DataFrame) -> None:
        seen["plain"] = orders

    wanted = {"columns": ["_lake_record", "id"]}

    @dg.asset(ins={"orders": dg.AssetIn(key=["shop", "orders"], metadata=wanted)})
    def asking(orders: pd.DataFrame) -> None:
        seen["asking"] = orders

    there.put(GOOD)
    there.put(GOOD, HOUR + ONE_HOUR)
    for key in (KEY, partition_key(HOUR + ONE_HOUR)):
        project.twice(orders, partition=key)

    project.run(orders, plain, only="plain", partition=KEY)
    project.run(orders, asking, only="asking")

    assert list(seen["plain"].columns) == ["id", "amount", "placed_at", "note"]
    assert seen["plain"]["placed_at"].iloc[0] == datetime(2018, 9, 6, 10, tzinfo=UTC)
    assert sorted(seen["asking"].itertuples(index=False, name=None)) == [
        (1, 1), (1, 1), (2, 2), (2, 2), (3, 3), (3, 3)
    ]  # fmt: skip


def test_a_dataframe_never_replaces_rows_of_the_lake(project: Project, bench: Bench) -> None:
    """A table that the lake filled is not one of DataFrames, even for an empty DataFrame."""

    @dg.asset(key=["shop", "orders"])
    def frame() -> pd.DataFrame:
        return pd.DataFrame()

    bench.put(GOOD)
    project.run(lake_asset(bench), partition=KEY)

    reason = reason_of(project.run(frame, fails=True))

    assert "only a TableHour replaces" in reason
    assert len(bench.rows()) == 3


def test_the_warehouses_address_is_shown_nowhere(
    project: Project, bench: Bench, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Runs that succeed, fail, or cannot log in leave the password in no event, log, config or metadata."""
    password = str(urlsplit(project.url).password)

    @dg.asset
    def day() -> pd.DataFrame:
        return pd.DataFrame({"day": [date(2018, 9, 6)]})

    @dg.asset
    def again(day: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"day": day["day"], "odd": [object()]})

    runs = [project.twice(day), project.run(day, again, only="again", fails=True)]
    for wrong in (project.url.replace(password, "S3cr3t-and-wrong"), f"{project.url} S3cr3t-and-wrong"):
        monkeypatch.setenv(URL_VARIABLE, wrong)
        runs += [project.run(day, fails=True), project.run(day, again, only="again", fails=True)]
        runs.append(project.run(lake_asset(bench), partition=KEY, fails=True))

    told = "".join(capfd.readouterr())
    for run in runs:
        record = project.instance.get_run_by_id(run.run_id)
        assert record
        assert record.job_snapshot_id
        told += "".join(map(serialize_value, project.instance.all_logs(run.run_id)))
        told += serialize_value(record)
        told += serialize_value(project.instance.get_job_snapshot(record.job_snapshot_id))
    manager = PostgresIOManager(url=project.url)
    told += repr(manager) + str(manager)

    assert "STEP_FAILURE" in told
    assert password not in told
    assert "S3cr3t" not in told
