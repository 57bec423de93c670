"""Proves `assets`: what Dagster is told of tables, of their hours, and of the hours that went wrong."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pytest

from lake_assets.catalog.models import Catalog, Source, Table
from lake_assets.embedded.s3 import REGION, S3Server
from lake_assets.hours import ONE_HOUR, format_hour, partition_key
from lake_assets.orchestration.assets import ROW_COUNT, asset_key, partitions_of
from lake_assets.orchestration.build import build_definitions
from lake_assets.settings import LakePlace
from lake_assets_tests.fix_bench import GOOD, HOUR, Bench

KEY = dg.AssetKey(["shop", "orders"])
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """Return a Dagster instance that forgets."""
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def environment(bench: Bench, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the environment as a deployment would."""
    monkeypatch.setenv("LAKE_ASSETS_WAREHOUSE", bench.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.secret_key)
    monkeypatch.setenv("AWS_REGION", REGION)


def catalog_of(*tables: Table) -> Catalog:
    """Return a catalog of one source with these tables."""
    source = Source(name="shop", start=HOUR, tables=tables, path=Path("shop.yaml"), owner="team:data")
    return Catalog(sources=(source,))


def run_scattered(
    bench: Bench, instance: dg.DagsterInstance, *numbers: int, text: str = ""
) -> dg.ExecuteInProcessResult:
    """Materialize hours, counted from the source's start, that are named in the run's config."""
    definitions = build_definitions(catalog_of(bench.table), LakePlace(bench.bucket.bucket))
    hours = [format_hour(HOUR + number * ONE_HOUR) for number in numbers]
    config = QUIET | {"ops": {"shop__orders": {"config": {"hours": [text] if text else hours}}}}
    return definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance, run_config=config, raise_on_error=False
    )


def run(
    bench: Bench, instance: dg.DagsterInstance, hours: int = 1, catalog: Catalog | None = None
) -> dg.ExecuteInProcessResult:
    """Materialize the first hours of all tables in one run."""
    definitions = build_definitions(catalog or catalog_of(bench.table), LakePlace(bench.bucket.bucket))
    tags = {
        "dagster/asset_partition_range_start": partition_key(HOUR),
        "dagster/asset_partition_range_end": partition_key(HOUR + (hours - 1) * ONE_HOUR),
    }
    return definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance, tags=tags, run_config=QUIET, raise_on_error=False
    )


def materialized(instance: dg.DagsterInstance) -> dict[str | None, Any]:
    """Return the metadata of the newest materialization of each hour."""
    records = instance.fetch_materializations(KEY, limit=100).records
    return {
        record.partition_key: record.asset_materialization.metadata
        for record in reversed(records)
        if record.asset_materialization
    }


def evaluations(
    instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult
) -> dict[str | None, dg.AssetCheckEvaluation]:
    """Return the evaluations of the table's check in a run, by hour."""
    events = [entry.dagster_event for entry in instance.all_logs(result.run_id) if entry.dagster_event]
    return {
        event.asset_check_evaluation_data.partition: event.asset_check_evaluation_data
        for event in events
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
        and event.asset_check_evaluation_data.asset_key == KEY
    }


def hour(number: int) -> str:
    """Return the partition key of an hour of the source, counted from its start."""
    return partition_key(HOUR + timedelta(hours=number))


@pytest.mark.usefixtures("environment")
def test_a_materialization_tells_what_was_loaded(bench: Bench, instance: dg.DagsterInstance) -> None:
    """An hour's materialization carries its figures, its files and a sample, under names the UI knows."""
    key = bench.put(GOOD + "4,x,2018-09-06,bad\n" + f"5,,infinity,{'long' * 20}\n")

    assert run(bench, instance).success

    metadata = {name: value.value for name, value in materialized(instance)[hour(0)].items()}
    assert metadata["dagster/row_count"] == 4
    assert metadata["files"] == [f"s3://{bench.bucket.bucket}/{key}"]
    assert metadata["dagster/uri"] == f"s3://{bench.bucket.bucket}/shop/orders/"
    figures = ("records", "loaded", "quarantined", "state")
    assert [metadata[name] for name in figures] == [5, 4, 1, "quarantined"]
    assert metadata["bytes"] == len(GOOD) + 19 + 93
    assert {"seconds", "rows_per_second"} <= metadata.keys()
    names = [column.name for column in metadata["sample"].schema.columns]
    sample = [[record.data[name] for name in names] for record in metadata["sample"].records]
    assert names == ["id", "amount", "placed_at", "note"]
    assert ["1", "10.50", "2018-09-06 10:00:00+00", "first"] in sample
    assert ["5", None, "infinity", f"{('long' * 20)[:39]}…"] in sample


@pytest.mark.usefixtures("environment")
def test_no_cell_and_no_key_is_markup(bench: Bench, instance: dg.DagsterInstance) -> None:
    """Cells are texts of a table and keys are text; in Markdown an image would be fetched."""
    image, hidden = "![](//host/x)", "a\u202e\u200b\x1bb"
    bench.put(f"1,1.00,2018-09-06,{image}\n2,2.00,2018-09-06,{hidden}\n")

    assert run(bench, instance).success

    (materialization,) = materialized(instance).values()
    kinds = {name for name, value in materialization.items() if isinstance(value, dg.MarkdownMetadataValue)}
    notes = [record.data["note"] for record in materialization["sample"].value.records]
    assert not kinds
    assert notes == [image, r"a\u202e\u200b\x1bb"]


@pytest.mark.usefixtures("environment")
def test_a_description_quotes_a_key_as_code(bench: Bench, instance: dg.DagsterInstance) -> None:
    """The UI reads descriptions as Markdown: a key or a folder in them is a span of code, and no image."""
    image = "![](host)"
    hostile = bench.with_table(folder=image)
    key = hostile.put(GOOD)
    assert run(hostile, instance).success
    hostile.bucket.delete(key)

    result = run(hostile, instance)

    description = evaluations(instance, result)[hour(0)].description
    said = f"{key}: vanished from the lake since it was loaded; 3 rows of it stay in main"
    assert description == f"`stale: {said}`"
    definitions = build_definitions(catalog_of(hostile.table), LakePlace(hostile.bucket.bucket))
    folder = definitions.resolve_asset_graph().get(dg.AssetKey(["lake", "shop", "orders"])).description
    assert folder == f"The files AWS DMS writes for shop.orders, in the folder `{image}`."


@pytest.mark.usefixtures("environment")
def test_each_hour_of_a_range_has_its_own_figures(bench: Bench, instance: dg.DagsterInstance) -> None:
    """One run over three hours tells of each hour by itself, and each has a check that is current."""
    for number in range(3):
        bench.put(GOOD * (number + 1), HOUR + number * ONE_HOUR)

    result = run(bench, instance, hours=3)

    loaded = {key: metadata["loaded"].value for key, metadata in materialized(instance).items()}
    assert loaded == {hour(0): 3, hour(1): 6, hour(2): 9}
    checked = evaluations(instance, result)
    assert {key: checked[key].passed for key in checked} == {hour(0): True, hour(1): True, hour(2): True}
    for record in instance.fetch_materializations(KEY, limit=10).records:
        target = checked[record.partition_key].target_materialization_data
        assert target
        assert target.storage_id == record.storage_id


@pytest.mark.usefixtures("environment")
def test_a_bad_hour_of_a_range_does_not_cost_the_good_ones(
    bench: Bench, instance: dg.DagsterInstance
) -> None:
    """The run fails and names the hour; good hours are loaded, materialized and green, the bad one red."""
    bench.put(GOOD)
    bench.put("a,b,c,d\n", HOUR + ONE_HOUR)
    bench.put(GOOD, HOUR + 2 * ONE_HOUR)

    result = run(bench, instance, hours=3)

    assert not result.success
    assert set(materialized(instance)) == {hour(0), hour(2)}
    checked = evaluations(instance, result)
    assert {key: checked[key].passed for key in checked} == {hour(0): True, hour(1): False, hour(2): True}
    failure = next(event for event in result.all_events if event.is_step_failure)
    assert "shop.orders 2018-09-06T11: failed: None of 1 records can be loaded" in str(
        failure.step_failure_data.user_failure_data
    )


@pytest.mark.usefixtures("environment")
def test_scattered_hours_are_loaded_and_none_between(bench: Bench, instance: dg.DagsterInstance) -> None:
    """A run of hours apart loads, tells and checks these alone; what Dagster knows of others stays."""
    for number in (0, 1, 30, 200):
        bench.put(GOOD, HOUR + number * ONE_HOUR)
    assert run_scattered(bench, instance, 1).success

    result = run_scattered(bench, instance, 0, 200)

    assert result.success
    assert set(materialized(instance)) == {hour(0), hour(1), hour(200)}
    checked = evaluations(instance, result)
    assert {key: checked[key].passed for key in checked} == {hour(0): True, hour(200): True}
    assert bench.state(HOUR + 30 * ONE_HOUR) == ()
    check, partitions = dg.AssetCheckKey(KEY, ROW_COUNT), partitions_of(catalog_of(bench.table).sources[0])
    known = instance.event_log_storage.get_asset_check_state([(check, partitions)])[check].subsets
    keys = {status.value: set(subset.subset_value.get_partition_keys()) for status, subset in known.items()}
    assert {status: shown for status, shown in keys.items() if shown} == {
        "SUCCEEDED": {hour(0), hour(1), hour(200)}
    }


@pytest.mark.usefixtures("environment")
def test_a_bad_one_of_scattered_hours_does_not_cost_the_others(
    bench: Bench, instance: dg.DagsterInstance
) -> None:
    """The run fails and names the bad hour, which is red; the good one is loaded, materialized and green."""
    bench.put("a,b,c,d\n")
    bench.put(GOOD, HOUR + 50 * ONE_HOUR)

    result = run_scattered(bench, instance, 0, 50)

    assert not result.success
    assert set(materialized(instance)) == {hour(50)}
    checked = evaluations(instance, result)
    assert {key: checked[key].passed for key in checked} == {hour(0): False, hour(50): True}
    assert not run_scattered(bench, instance, text="yesterday").success


@pytest.mark.usefixtures("environment")
def test_a_missing_hour_fails_the_run_and_is_red(bench: Bench, instance: dg.DagsterInstance) -> None:
    """A table for which no file came makes its run fail: a red check alone would tell nobody."""
    result = run(bench, instance)

    assert not result.success
    assert materialized(instance) == {}
    assert evaluations(instance, result)[hour(0)].description == (
        "missing: no file came, and one was due (expect: hourly)"
    )


@pytest.mark.usefixtures("environment")
def test_a_bad_table_does_not_cost_the_others(bench: Bench, instance: dg.DagsterInstance) -> None:
    """When one table of a run fails, the others are loaded."""
    bench.put(GOOD)
    other = bench.with_table(name="items").table

    result = run(bench, instance, catalog=catalog_of(other, bench.table))

    assert not result.success
    assert set(materialized(instance)) == {hour(0)}


@pytest.mark.usefixtures("environment")
def test_a_downstream_asset_reads_its_hour(bench: Bench, instance: dg.DagsterInstance) -> None:
    """Another asset takes a table as an input and gets this hour's rows as a DataFrame."""
    bench.put(GOOD)
    bench.put("9,9,2018-09-06,x\n", HOUR + ONE_HOUR)
    run(bench, instance, hours=2)
    definitions = build_definitions(catalog_of(bench.table), LakePlace(bench.bucket.bucket))
    seen: list[pd.DataFrame] = []

    @dg.asset(
        ins={"orders": dg.AssetIn(asset_key(bench.table), input_manager_key="warehouse")},
        partitions_def=definitions.resolve_assets_def(KEY).partitions_def,
    )
    def totals(orders: pd.DataFrame) -> None:
        seen.append(orders)

    both = dg.Definitions.merge(definitions, dg.Definitions(assets=[totals]))
    both.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance, partition_key=hour(1), asset_selection=[totals.key], run_config=QUIET
    )

    assert list(seen[0]["id"]) == [9]


def test_an_asset_says_what_its_table_is(bench: Bench) -> None:
    """Key, upstream folder, kinds, owner, group, description, columns and check come from the catalog."""
    table = bench.with_table(description="Orders of the shop.", group="sales").table
    definitions = build_definitions(catalog_of(table), LakePlace("lake"))

    spec = definitions.resolve_assets_def(KEY).get_asset_spec(KEY)

    assert [dep.asset_key for dep in spec.deps] == [dg.AssetKey(["lake", "shop", "orders"])]
    assert (spec.kinds, spec.owners, spec.group_name) == ({"postgres", "table"}, ["team:data"], "sales")
    assert spec.description == "Orders of the shop."
    columns = spec.metadata["dagster/column_schema"].columns
    assert [(column.name, column.type) for column in columns][:2] == [
        ("id", "bigint"),
        ("amount", "numeric(12,2)"),
    ]
    assert spec.metadata["dagster/table_name"] == "shop.orders"
    checks = definitions.resolve_assets_def(KEY).check_specs
    assert [(check.name, check.partitions_def) for check in checks] == [(ROW_COUNT, spec.partitions_def)]


def test_sources_may_start_at_different_hours(bench: Bench) -> None:
    """Each source's assets have its own partitions, the running hour included."""
    late = Source(
        name="late",
        start=HOUR + 5 * ONE_HOUR,
        tables=(bench.table.model_copy(update={"source": "late"}),),
        path=Path("late.yaml"),
    )
    catalog = Catalog(sources=(*catalog_of(bench.table).sources, late))
    definitions = build_definitions(catalog, LakePlace("lake"))

    first = {
        key: definitions.resolve_assets_def(dg.AssetKey(key)).partitions_def.get_first_partition_key()  # type: ignore[union-attr]
        for key in (("shop", "orders"), ("late", "orders"))
    }

    assert first == {("shop", "orders"): hour(0), ("late", "orders"): hour(5)}
