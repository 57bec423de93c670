"""Proves `orchestration.io_manager`: what assets return is in the warehouse, and comes back by partition."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import dagster as dg
import pandas as pd
import pytest

from lake_assets.orchestration.io_manager import PostgresIOManager
from lake_assets_tests.fix_dagster import URL_VARIABLE, Project, metadata_of, reason_of

HOURLY = dg.HourlyPartitionsDefinition(start_date="2018-09-06-00:00", end_date="2018-09-07-00:00")
DAILY = dg.DailyPartitionsDefinition(start_date="2018-09-01", end_date="2018-10-01")
COLOURS = dg.StaticPartitionsDefinition(["red", "green", "50% blue", "it's"])
BOTH = dg.MultiPartitionsDefinition({"colour": COLOURS, "day": DAILY})


def rows_asset(partitions: dg.PartitionsDefinition[Any] | None) -> dg.AssetsDefinition:
    """Make the asset [shop, orders], each partition of which has two rows that name it."""

    @dg.asset(key=["shop", "orders"], partitions_def=partitions)
    def orders(context: dg.AssetExecutionContext) -> pd.DataFrame:
        keys = [str(key) for key in context.partition_keys] if context.has_partition_key else ["all"]
        return pd.DataFrame({"id": [1, 2], "key": keys * 2})

    return orders


def reader_asset(
    partitions: dg.PartitionsDefinition[Any] | None = None, **options: Any
) -> tuple[dg.AssetsDefinition, list[pd.DataFrame]]:
    """Make an asset that reads [shop, orders], and the list its readings go to."""
    seen: list[pd.DataFrame] = []

    @dg.asset(partitions_def=partitions, ins={"orders": dg.AssetIn(key=["shop", "orders"], **options)})
    def reader(orders: pd.DataFrame) -> None:
        seen.append(orders)

    return reader, seen


@pytest.mark.parametrize(
    ("partitions", "keys"),
    [
        (HOURLY, ["2018-09-06-10:00", "2018-09-06-11:00"]),
        (DAILY, ["2018-09-06", "2018-09-07"]),
        (COLOURS, ["50% blue", "it's"]),
        (BOTH, ["red|2018-09-06", "red|2018-09-07"]),
    ],
    ids=["hourly", "daily", "static", "multi"],
)
def test_a_partition_is_replaced_and_read_back_alone(
    project: Project, partitions: dg.PartitionsDefinition[Any], keys: list[str]
) -> None:
    """Each partition's rows replace those of the same partition only, and its reader gets its own columns."""
    orders = rows_asset(partitions)
    reader, seen = reader_asset(partitions)
    for key in keys:
        project.twice(orders, partition=key)

    project.run(orders, reader, only="reader", partition=keys[0])

    assert project.query("SELECT key, count(*) FROM shop.orders GROUP BY key ORDER BY key") == [
        (key, 2) for key in sorted(keys)
    ]
    assert seen[0].to_dict("list") == {"id": [1, 2], "key": [keys[0]] * 2}


def test_an_unpartitioned_asset_is_replaced_as_a_whole(project: Project) -> None:
    """Without partitions the table is what the last run gave, without a column of ours."""
    orders = rows_asset(None)
    reader, seen = reader_asset()

    project.twice(orders)
    project.run(orders, reader, only="reader")

    assert project.query("SELECT * FROM shop.orders ORDER BY id") == [(1, "all"), (2, "all")]
    assert seen[0].to_dict("list") == {"id": [1, 2], "key": ["all", "all"]}


@pytest.mark.parametrize("partitions", [HOURLY, COLOURS, BOTH], ids=["hourly", "static", "multi"])
def test_an_unpartitioned_reader_gets_all_partitions(
    project: Project, partitions: dg.PartitionsDefinition[Any]
) -> None:
    """A downstream asset without partitions reads the partitions there are; those not loaded give no rows."""
    orders = rows_asset(partitions)
    reader, seen = reader_asset()
    keys = partitions.get_partition_keys()
    for key in (keys[1], keys[-1]):
        project.twice(orders, partition=key)

    project.run(orders, reader, only="reader")

    assert sorted(seen[0]["key"]) == sorted([str(keys[1]), str(keys[-1])] * 2)


def test_a_reader_gets_the_range_its_mapping_names(project: Project) -> None:
    """TimeWindowPartitionMapping gives the hours of a day, SpecificPartitionsPartitionMapping hours apart."""
    orders = rows_asset(HOURLY)
    for hour in ("00:00", "01:00", "02:00", "23:00"):
        project.twice(orders, partition=f"2018-09-06-{hour}")
    some = dg.SpecificPartitionsPartitionMapping(["2018-09-06-00:00", "2018-09-06-02:00", "2018-09-06-05:00"])
    daily, of_day = reader_asset(DAILY)
    previous, before = reader_asset(
        HOURLY, partition_mapping=dg.TimeWindowPartitionMapping(start_offset=-1, end_offset=-1)
    )
    apart, picked = reader_asset(partition_mapping=some)

    project.run(orders, daily, only="reader", partition="2018-09-06")
    project.run(orders, previous, only="reader", partition="2018-09-06-02:00")
    project.run(orders, apart, only="reader")

    hours = [sorted({key[-5:] for key in seen[0]["key"]}) for seen in (of_day, before, picked)]
    assert hours == [["00:00", "01:00", "02:00", "23:00"], ["01:00"], ["00:00", "02:00"]]


def test_a_multi_partition_is_read_by_one_of_its_dimensions(project: Project) -> None:
    """A daily reader of an asset of colours and days gets the day in every colour."""
    orders = rows_asset(BOTH)
    reader, seen = reader_asset(DAILY)
    for key in ("red|2018-09-06", "green|2018-09-06", "red|2018-09-07"):
        project.twice(orders, partition=key)

    project.run(orders, reader, only="reader", partition="2018-09-06")

    assert set(seen[0]["key"]) == {"red|2018-09-06", "green|2018-09-06"}


def test_an_asset_can_read_its_own_last_partition(project: Project) -> None:
    """The first partition of an asset that builds on itself finds nothing, not an error."""

    @dg.asset(
        partitions_def=DAILY,
        ins={
            "totals": dg.AssetIn(
                partition_mapping=dg.TimeWindowPartitionMapping(start_offset=-1, end_offset=-1)
            )
        },
    )
    def totals(totals: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"n": [1 + (totals["n"].sum() if len(totals) else 0)]})

    for day in ("2018-09-01", "2018-09-02", "2018-09-03"):
        project.twice(totals, partition=day)

    assert project.query("SELECT n FROM totals ORDER BY n") == [(1,), (2,), (3,)]


def test_a_run_over_a_range_replaces_the_range(project: Project) -> None:
    """A DataFrame with the partition column fills several partitions in one run; the others stay."""
    project.run(rows_asset(DAILY), partition="2018-09-01")
    project.run(rows_asset(DAILY), partition="2018-09-03")

    @dg.asset(key=["shop", "orders"], partitions_def=DAILY)
    def orders(context: dg.AssetExecutionContext) -> pd.DataFrame:
        days = pd.to_datetime(pd.Series(context.partition_keys), utc=True)
        return pd.DataFrame({"id": 7, "key": "range", "_lake_hour": days})

    result = project.twice(orders, between=("2018-09-02", "2018-09-04"))

    rows = project.query("SELECT _lake_hour::date, key, count(*) FROM shop.orders GROUP BY 1, 2 ORDER BY 1")
    assert rows == [
        (date(2018, 9, 1), "2018-09-01", 2),
        (date(2018, 9, 2), "range", 1),
        (date(2018, 9, 3), "range", 1),
        (date(2018, 9, 4), "range", 1),
    ]
    assert len(metadata_of(result)) == 3


def test_a_run_over_a_range_needs_the_partition_column(project: Project) -> None:
    """Without the column that tells partitions apart, the error names it and the ways out."""
    result = project.run(rows_asset(DAILY), between=("2018-09-02", "2018-09-04"), fails=True)

    assert "no column '_lake_hour'" in reason_of(result)
    assert "multi_run(1)" in reason_of(result)


def test_a_column_of_the_frame_can_tell_partitions_apart(project: Project) -> None:
    """`partition_expr` names it: nothing is added to the table, and a range needs nothing more."""

    @dg.asset(key=["shop", "orders"], partitions_def=DAILY, metadata={"partition_expr": "day"})
    def orders(context: dg.AssetExecutionContext) -> pd.DataFrame:
        days = [date.fromisoformat(key) for key in context.partition_keys]
        return pd.DataFrame({"day": days, "key": context.run.run_id})

    reader, seen = reader_asset(DAILY)
    project.twice(orders, between=("2018-09-02", "2018-09-04"))
    project.twice(orders, partition="2018-09-03")

    project.run(orders, reader, only="reader", partition="2018-09-03")

    assert list(seen[0].columns) == ["day", "key"]
    assert project.query(
        "SELECT day, count(*), count(DISTINCT key) FROM shop.orders GROUP BY 1 ORDER BY 1"
    ) == [(date(2018, 9, day), 1, 1) for day in (2, 3, 4)]


def test_rows_of_another_partition_are_refused(project: Project) -> None:
    """Rows that this run's partition does not hold would be doubled by the next run: none is written."""

    @dg.asset(partitions_def=DAILY, metadata={"partition_expr": "day"})
    def visits() -> pd.DataFrame:
        return pd.DataFrame({"day": [date(2018, 9, 2), date(2018, 9, 3)]})

    result = project.run(visits, partition="2018-09-02", fails=True)

    assert "outside this run's partition" in reason_of(result)
    assert project.query("SELECT count(*) FROM visits") == [(0,)]


def test_an_asset_can_give_frames_one_by_one(project: Project) -> None:
    """A generator in an Output or a MaterializeResult, or any other iterable, is one table of many frames."""

    def frames() -> Iterator[pd.DataFrame]:
        yield from (pd.DataFrame({"n": [number]}) for number in range(3))

    @dg.asset
    def in_output() -> dg.Output[Any]:
        return dg.Output(frames())

    @dg.asset
    def in_result() -> dg.MaterializeResult[Any]:
        return dg.MaterializeResult(value=frames())

    @dg.asset
    def in_list() -> list[pd.DataFrame]:
        return list(frames())

    result = project.twice(in_output, in_result, in_list)

    for table in ("in_output", "in_result", "in_list"):
        assert project.query(f"SELECT n FROM {table} ORDER BY n") == [(0,), (1,), (2,)]
    assert [metadata["dagster/row_count"] for metadata in metadata_of(result)] == [3, 3, 3]


@pytest.mark.parametrize("value", [7, "text", {"a": 1}, None])
def test_another_value_is_refused_with_what_would_do(project: Project, value: Any) -> None:
    """What is no DataFrame fails with its type and the ways out, and makes no table."""

    @dg.asset
    def strange() -> Any:
        return value

    reason = reason_of(project.run(strange, fails=True))

    assert f"cannot store a {type(value).__name__}" in reason
    assert project.query("SELECT to_regclass('strange')") == [(None,)]


def test_the_output_of_an_op_is_refused(project: Project) -> None:
    """An op's output has no table of its own: all are named `result`."""

    @dg.op(out=dg.Out(io_manager_key="warehouse"))
    def frame() -> pd.DataFrame:
        return pd.DataFrame({"a": [1]})

    @dg.job(resource_defs={"warehouse": PostgresIOManager(url=dg.EnvVar(URL_VARIABLE))})
    def one_frame() -> None:
        frame()

    result = one_frame.execute_in_process(raise_on_error=False, instance=project.instance)

    assert "Make it an asset" in reason_of(result)


def test_the_table_is_named_by_key_default_schema_or_metadata(project: Project) -> None:
    """The key's last two parts, else default_schema, else what the asset's metadata calls its table."""

    @dg.asset(key=["wide", "world", "orders"])
    def long_key() -> pd.DataFrame:
        return pd.DataFrame({"a": [1]})

    @dg.asset(name="plain")
    def short_key() -> pd.DataFrame:
        return pd.DataFrame({"a": [2]})

    @dg.asset(name="other", metadata={"dagster/table_name": "elsewhere.named"})
    def named() -> pd.DataFrame:
        return pd.DataFrame({"a": [3]})

    @dg.asset
    def read(other: pd.DataFrame) -> pd.DataFrame:
        return other

    project.twice(long_key, short_key, named, read, default_schema="house")
    project.run(named, read, only="read", default_schema="house")

    query = "SELECT a FROM world.orders UNION ALL SELECT a FROM house.plain UNION ALL SELECT a FROM {}"
    assert project.query(query.format("elsewhere.named")) == [(1,), (2,), (3,)]
    assert project.query("SELECT a FROM house.read") == [(3,)]


def test_metadata_says_what_is_in_the_table(project: Project) -> None:
    """Rows, table and column types go to the UI; `types` sets a type, `columns` of an input selects."""

    @dg.asset(metadata={"types": {"amount": "numeric(12,2)"}})
    def prices() -> pd.DataFrame:
        return pd.DataFrame({"id": [1], "amount": [2.345]})

    @dg.asset(ins={"prices": dg.AssetIn(metadata={"columns": ["amount"]})})
    def copy(prices: pd.DataFrame) -> pd.DataFrame:
        return prices

    metadata = metadata_of(project.twice(prices, copy))[0]

    assert metadata["dagster/row_count"] == 1
    assert metadata["dagster/table_name"] == "public.prices"
    columns = {column.name: column.type for column in metadata["dagster/column_schema"].columns}
    assert columns == {"id": "bigint", "amount": "numeric(12,2)"}
    assert project.query("SELECT to_jsonb(copy) FROM copy") == [({"amount": 2.35},)]


def test_an_asset_that_was_never_loaded_is_named(project: Project) -> None:
    """Reading a table that is not there says which, and what to do."""
    reader, _ = reader_asset()

    result = project.run(rows_asset(None), reader, only="reader", fails=True)

    assert (
        reason_of(result)
        .strip()
        .endswith("shop.orders is not in the warehouse. Materialize the asset first.")
    )


def test_a_value_can_be_loaded_without_a_run(project: Project) -> None:
    """Definitions.load_asset_value gives a partition, for notebooks."""
    orders = rows_asset(DAILY)
    project.twice(orders, partition="2018-09-02")
    manager = PostgresIOManager(url=dg.EnvVar(URL_VARIABLE))
    definitions = dg.Definitions(assets=[orders], resources={"io_manager": manager})

    value = definitions.load_asset_value(
        ["shop", "orders"], partition_key="2018-09-02", instance=project.instance
    )

    assert isinstance(value, pd.DataFrame)
    assert list(value["key"]) == ["2018-09-02"] * 2
