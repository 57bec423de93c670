"""Proves `retention`: Dagster's storage shrinks, and the hours it shows as loaded stay loaded."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import psycopg
import pytest
from pydantic import ValidationError

from lake_assets.orchestration.retention import RetentionConfig, build_retention, prune
from lake_assets.orchestration.status_asset import STATUS

ORDERS = dg.AssetKey(["shop", "orders"])
HOUR = "2018-09-06-10:00"
TRAP = """
CREATE FUNCTION ours.spring(bigint, smallint) RETURNS boolean LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'trapped'; END $$
"""
TRAPPED = "FUNCTION = ours.spring, LEFTARG = bigint, RIGHTARG = smallint"


@contextmanager
def open_storage(warehouse_url: str, tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """Open a Dagster instance whose storage is in PostgreSQL."""
    url = warehouse_url.replace("postgresql://", "postgresql+psycopg2://")
    config = f"storage: {{postgres: {{postgres_url: '{url}'}}}}\ntelemetry: {{enabled: false}}\n"
    (tmp_path / "dagster.yaml").write_text(config, encoding="utf-8")
    with dg.DagsterInstance.from_config(str(tmp_path)) as opened:
        yield opened


@pytest.fixture
def instance(warehouse_url: str, tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """Give such an instance."""
    with open_storage(warehouse_url, tmp_path) as opened:
        yield opened


@dg.op
def tell(context: dg.OpExecutionContext) -> None:
    """Tell of an hour and draw a grid, as a load and the judge do."""
    context.log_event(dg.AssetMaterialization(ORDERS, partition=HOUR))
    context.log_event(dg.AssetMaterialization(STATUS))
    context.log_event(
        dg.AssetCheckEvaluation(  # type: ignore[arg-type] # its types do not say so
            asset_key=ORDERS, check_name="row_count", passed=True, partition=HOUR, metadata={}
        )
    )


@dg.job
def telling() -> None:
    """Run it."""
    tell()


def test_what_is_known_of_an_hour_outlasts_its_run(instance: dg.DagsterInstance) -> None:
    """Old steps, logs, grids and runs go; the hour stays materialized, with its newest evaluation."""
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    runs = [telling.execute_in_process(instance=instance, run_config=quiet) for _ in range(2)]

    assert prune(instance, datetime.now(UTC) - timedelta(hours=1)) == 0
    assert len(instance.all_logs(runs[0].run_id)) > 10
    assert len(instance.get_runs()) == 2
    deleted = prune(instance, datetime.now(UTC) + timedelta(hours=1))

    assert deleted
    assert instance.get_materialized_partitions(ORDERS) == {HOUR}
    history = instance.event_log_storage.get_asset_check_execution_history(
        dg.AssetCheckKey(ORDERS, "row_count"), limit=9
    )
    assert [record.run_id for record in history] == [runs[1].run_id]
    assert instance.get_runs() == []
    kept = [entry.dagster_event_type for run in runs for entry in instance.all_logs(run.run_id)]
    assert set(kept) == {"ASSET_MATERIALIZATION", "ASSET_CHECK_EVALUATION"}
    assert instance.fetch_materializations(STATUS, limit=9).records == []
    assert prune(instance, datetime.now(UTC) + timedelta(hours=1)) == 0


def test_dagsters_tables_are_found_in_a_schema_of_their_own(warehouse_url: str, tmp_path: Path) -> None:
    """Where the search path of Dagster's user leads to them, and nothing that stands there is called."""
    with psycopg.connect(warehouse_url, autocommit=True) as session:
        session.execute("CREATE SCHEMA ours")
        session.execute(f"ALTER DATABASE {session.info.dbname} SET search_path = nowhere, ours".encode())
        session.execute(TRAP.encode())
        for symbol in ("<", "<=", ">"):
            session.execute(f"CREATE OPERATOR ours.{symbol} ({TRAPPED})".encode())
    with open_storage(warehouse_url, tmp_path) as instance:
        telling.execute_in_process(instance=instance)

        assert prune(instance, datetime.now(UTC) + timedelta(hours=1))
        assert instance.get_materialized_partitions(ORDERS) == {HOUR}


def test_a_day_is_kept_at_least() -> None:
    """A number of days by which all events would go is refused."""
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        RetentionConfig(keep_days=0)


def test_other_storage_is_left_alone() -> None:
    """The job does nothing where Dagster keeps its events in files, and says so."""
    job, schedule = build_retention()

    with dg.DagsterInstance.ephemeral() as instance:
        assert prune(instance, datetime.now(UTC)) is None
        assert job.execute_in_process(instance=instance).success
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
