"""Proves that a catalog which changes under a process is noticed, and nothing is loaded by what it was."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from lake_assets.catalog.current import CurrentCatalog
from lake_assets.catalog.models import Catalog
from lake_assets.embedded.s3 import REGION, S3Server
from lake_assets.exceptions import ConfigurationError
from lake_assets.hours import partition_key
from lake_assets.orchestration.build import build_definitions
from lake_assets.orchestration.catalog_tag import CATALOG_TAG, catalog_tag, refuse_older_copy
from lake_assets.orchestration.io_manager import PostgresIOManager
from lake_assets.orchestration.reload_reminder import RELOADED_WITHIN, ReloadReminder
from lake_assets.orchestration.runs import execute, root_causes
from lake_assets.settings import LakePlace
from lake_assets_tests.fix_monitor import Court, after, at, make_source

ORDERS = "orders: {columns: {id: %s, note: text}}"


def write(folder: Path, *tables: str, start: str = "2018-09-06T10") -> None:
    """Write the catalog of the source shop."""
    body = "".join(f"  {table}\n" for table in tables)
    (folder / "shop.yaml").write_text(f"source: shop\nstart: {start}\ntables:\n{body}")


@pytest.fixture
def current(
    court: Court, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> CurrentCatalog:
    """Read a catalog of one table, in an environment as a deployment would have it; the lake has its hour."""
    monkeypatch.setenv("LAKE_ASSETS_WAREHOUSE", court.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.secret_key)
    monkeypatch.setenv("AWS_REGION", REGION)
    write(tmp_path, ORDERS % "text")
    court.put(0)
    return CurrentCatalog.of(tmp_path)


@pytest.fixture
def definitions(court: Court, current: CurrentCatalog) -> dg.Definitions:
    """Assemble what Dagster is told of the catalog as it is before a test changes it."""
    return build_definitions(current, LakePlace(court.bucket.bucket))


def folder_of(current: CurrentCatalog) -> Path:
    """Give the folder of a catalog."""
    assert current.folder is not None
    return current.folder


def load(
    definitions: dg.Definitions, instance: dg.DagsterInstance, tags: Mapping[str, str] | None = None
) -> dict[str | None, str]:
    """Load the hour, and give the errors of the steps."""
    ends = dict.fromkeys(
        ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end"), partition_key(at(0))
    )
    job = definitions.resolve_implicit_global_asset_job_def()
    key = dg.AssetKey(["shop", "orders"])
    result = execute(job, instance, tags={**ends, **(tags or {})}, asset_selection=[key])
    return root_causes(result)


def ask(court: Court, definitions: dg.Definitions, instance: dg.DagsterInstance) -> dg.SensorResult:
    """Let the load sensor look."""
    sensor = definitions.resolve_sensor_def("load_shop")
    context = dg.build_sensor_context(instance=instance)
    result = sensor(context, warehouse=PostgresIOManager(url=court.url))
    assert isinstance(result, dg.SensorResult)
    return result


def test_a_load_goes_by_the_entry_as_it_is(
    court: Court, current: CurrentCatalog, definitions: dg.Definitions, instance: dg.DagsterInstance
) -> None:
    """A type that was changed after the definitions were made is main's type; no reload is needed for it."""
    write(folder_of(current), ORDERS % "bigint")

    assert load(definitions, instance) == {}

    assert court.connection.execute("SELECT pg_typeof(id)::text FROM shop.orders").fetchone() == ("bigint",)
    assert current.why_reload() is None


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("others: {columns: {id: text}}", "shop.orders is no longer in the catalog"),
        ("orders: {colums: {id: text}}", "colums"),
    ],
)
def test_an_entry_that_is_gone_or_wrong_loads_nothing(
    court: Court,
    current: CurrentCatalog,
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    table: str,
    sentence: str,
) -> None:
    """A table that left the catalog, or whose file has a fault now, fails its step with the reason."""
    write(folder_of(current), table)

    assert sentence in load(definitions, instance)["shop__orders"]

    assert court.connection.execute("SELECT to_regclass('shop.orders')").fetchone() == (None,)


def test_an_older_copy_of_the_catalog_is_refused(
    court: Court,
    current: CurrentCatalog,
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    tmp_path: Path,
) -> None:
    """A worker whose files are others, and no newer than those of who asked, loads and judges nothing."""
    court.source, court.now = current.built.sources[0], after(1)
    court.judge()
    folder = tmp_path / "asked"
    folder.mkdir()
    write(folder, ORDERS % "bigint")
    asker = CurrentCatalog.of(folder)
    (request,) = ask(court, build_definitions(asker, LakePlace("bucket")), instance).run_requests or ()

    error = load(definitions, instance, request.tags)["shop__orders"]

    assert "is older than that which this run was asked for by: its entries of shop are others" in error
    (judged,) = (
        build_definitions(asker, LakePlace("bucket"))
        .resolve_schedule_def("judge_shop")
        .evaluate_tick(dg.build_schedule_context(scheduled_execution_time=datetime.now(UTC)))
        .run_requests
        or ()
    )
    judge = execute(definitions.resolve_job_def("judge"), instance, dict(judged.run_config), tags=judged.tags)
    assert "its entries of shop are others" in root_causes(judge)["judge_table_hours"]


def test_a_copy_that_is_newer_or_alike_is_taken(current: CurrentCatalog) -> None:
    """An entry that was changed while its run waited is the right one; a description is no other entry."""
    file = folder_of(current) / "shop.yaml"
    tag = catalog_tag(current, current.source(current.built.sources[0]), ["orders"])
    asked_at = file.stat().st_mtime_ns

    for text, moved in (("bigint", 1), ("text", -1)):
        write(file.parent, ORDERS.replace("{columns", "{description: D, columns") % text)
        os.utime(file, ns=(asked_at, asked_at + moved))
        refuse_older_copy(tag, current, current.source(current.built.sources[0]), ["orders"])

    write(file.parent, ORDERS % "bigint")
    os.utime(file, ns=(asked_at, asked_at))
    with pytest.raises(ConfigurationError, match="is older"):
        refuse_older_copy(tag, current, current.source(current.built.sources[0]), ["orders"])


def test_the_sensor_asks_by_the_catalog_as_it_is(
    court: Court, current: CurrentCatalog, definitions: dg.Definitions, instance: dg.DagsterInstance
) -> None:
    """A table that Dagster does not know yet is not asked for, and none is while the files have a fault."""
    write(folder_of(current), ORDERS % "text", "items: {columns: {id: text}}")
    court.put(0, table="items")
    court.source, court.now = current.read().sources[0], after(1)
    court.judge()

    write(folder_of(current), "orders: {colums: {id: text}}")
    skipped = ask(court, definitions, instance)
    write(folder_of(current), ORDERS % "text", "items: {columns: {id: text}}")
    (request,) = ask(court, definitions, instance).run_requests or ()

    assert "colums" in str(skipped.skip_reason)
    assert request.asset_selection == [dg.AssetKey(["shop", "orders"])]
    assert CATALOG_TAG in request.tags


def test_the_judge_goes_by_the_catalog_as_it_is(
    court: Court, current: CurrentCatalog, definitions: dg.Definitions, instance: dg.DagsterInstance
) -> None:
    """A table that came into the catalog is judged, and its folder is not called unknown."""
    write(folder_of(current), ORDERS % "text", "items: {columns: {id: text}}")
    court.put(0, table="items")
    config = {"ops": {"judge_table_hours": {"config": {"now": after(1).isoformat()}}}}

    assert execute(definitions.resolve_job_def("judge"), instance, config).success

    assert court.states("items") == {0: "stale"}
    assert "unknown_table" not in court.findings()


def test_definitions_that_stay_old_are_a_finding(court: Court, current: CurrentCatalog) -> None:
    """What only a reload brings to effect is told after ten minutes, and no more once it is undone."""
    reminder = ReloadReminder(current)
    now = datetime(2018, 9, 6, 12, tzinfo=UTC)

    def told(minutes: int) -> str:
        reminder.settle(court.connection, now + timedelta(minutes=minutes))
        return court.findings().get("old_definitions", "")

    assert told(0) == ""
    write(folder_of(current), "items: {columns: {id: text}}", start="2018-09-07T10")
    assert told(1) == ""
    assert "(new: shop.items; gone: shop.orders; changed: shop), and Dagster" in told(
        1 + RELOADED_WITHIN.seconds // 60
    )
    write(folder_of(current), "items: {colums: {id: text}}")
    assert "cannot be read any more" in told(12)
    write(folder_of(current), ORDERS % "bigint")
    assert told(13) == ""
    (folder_of(current) / "shop.yaml").unlink()
    assert told(14) == ""
    assert "holds no YAML file" in told(24)


def test_a_catalog_made_in_python_is_as_it_is(court: Court, instance: dg.DagsterInstance) -> None:
    """A host project without a folder of YAML files asks for loads as ever, without a tag to compare."""
    court.source = make_source(orders={})
    current = CurrentCatalog(Catalog(sources=(court.source,)))
    court.put(0)
    court.judge()

    (request,) = ask(court, build_definitions(current, LakePlace("bucket")), instance).run_requests or ()

    assert CATALOG_TAG not in request.tags
    assert current.why_reload() is None
